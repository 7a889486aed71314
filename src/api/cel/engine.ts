import type * as CelJs from '@marcbachmann/cel-js';
import { late } from '#base/late.ts';

/** The library that parses, checks and runs expressions. It comes late: a cluster boots without any expression. */
export const engine = late<Pick<typeof CelJs, 'Environment' | 'Optional'>>('the CEL library');
