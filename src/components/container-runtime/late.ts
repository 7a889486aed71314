import { userland } from './programs.ts';
import * as all from './userland/index.ts';

userland.provide(all);
