import { handle } from './handle.ts';
import { etcdctlProgram } from './program.ts';

etcdctlProgram.provide(handle);
