import { webhookPlugins } from './asking.ts';
import { mutating } from './mutating.ts';
import { validating } from './validating.ts';

webhookPlugins.provide({ mutating, validating });
