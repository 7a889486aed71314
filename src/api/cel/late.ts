import { Environment, Optional } from '@marcbachmann/cel-js';
import { engine } from './engine.ts';

engine.provide({ Environment, Optional });
