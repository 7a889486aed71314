import { violations } from './checks.ts';
import { standards } from './standards.ts';

standards.provide({ violations });
