import { loops } from './loops.ts';
import { probes } from './state.ts';

probes.provide(loops);
