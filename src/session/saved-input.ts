import { isObject } from '#base/json.ts';
import { definitions } from '#cluster/definitions.ts';

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string';
const number: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const truth: Check = (value) => typeof value === 'boolean';
const address: Check = (value) => typeof value === 'string' && /^[^/|]+\/[^|]+$/.test(value);
const programs = new Set(definitions.map((definition) => definition.name));
const program: Check = (value) => programs.has(String(value));
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const shape =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isObject(value) && Object.entries(fields).every(([name, check]) => check(value[name]));
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const host: Check = (value) => typeof value === 'string' && /^[^/|]+$/.test(value);
const pair: Check = (value) => listOf(host)(value) && (value as readonly unknown[]).length === 2;
const share: Check = (value) => typeof value === 'number' && value >= 0 && value <= 1;
const duration: Check = (value) => typeof value === 'number' && value >= 0;

/** What each kind of input has to have, so that the kernel can take it. What a process makes of a message is its own affair. */
const inputs: Readonly<Record<string, Check>> = {
  message: shape({ to: address, message: shape({ type: text }) }),
  'fault.stop': shape({ address }),
  'fault.start': shape({ address }),
  'fault.restart': shape({ address }),
  'fault.link': shape({ between: pair, options: optional(shape({ latencyMs: optional(duration), loss: optional(share) })) }),
  'fault.drop': shape({ messageId: number }),
  'fault.isolate': shape({ host, isolated: truth }),
  'fault.disk': shape({ address, fault: optional(shape({ delayMs: optional(duration), full: optional(truth) })) }),
  'fault.clock': shape({ address, offsetMs: number }),
  schedule: (value) => shape({ steps: listOf(shape({ afterMs: duration, input: isInput })) })(value),
  file: shape({ host, path: text }),
  'add-host': shape({
    host: shape({ name: host, disk: optional(isObject) }),
    processes: listOf(shape({ address, definition: program, atMs: optional(duration) })),
  }),
  'start-process': shape({ address, definition: program, quiet: optional(truth) }),
};

/** Whether something is an input that the kernel can take. */
export function isInput(value: unknown): boolean {
  return isObject(value) && (inputs[String(value['type'])]?.(value) ?? false);
}
