import { awk } from './awk.ts';
import { interpreters } from './interpreters.ts';
import { sed } from './sed.ts';

interpreters.provide({ awk, sed });
