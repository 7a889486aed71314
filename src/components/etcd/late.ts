import { maintenance } from './maintenance.ts';
import * as members from './members.ts';

maintenance.provide(members);
