import { deepEqual, isObject } from '#base/json.ts';
import { PatchError } from './patch-error.ts';

interface Operation {
  readonly op?: unknown;
  readonly path?: unknown;
  readonly from?: unknown;
  readonly value?: unknown;
}

/** RFC 6902, with the error texts of evanphx/json-patch as the API server passes them on. Throws PatchError. */
export function applyJsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw new PatchError('json: cannot unmarshal object into Go value of type jsonpatch.Patch', 400);
  return (patch as readonly Operation[]).reduce((document, operation) => applyOne(document, operation), target);
}

const parse = (path: string): string[] =>
  path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));

function applyOne(document: unknown, operation: Operation): unknown {
  const path = String(operation.path ?? '');
  const parts = parse(path);
  const missing = (name: string): PatchError =>
    new PatchError(`${name} operation does not apply: doc is missing key: ${path}: missing value`, 422);
  switch (operation.op) {
    case 'add':
      return change(document, parts, () => missing('add'), 'insert', operation.value);
    case 'replace':
      if (read(document, parts) === undefined)
        throw new PatchError(`replace operation does not apply: doc is missing key: ${path}: missing value`, 422);
      return change(document, parts, () => missing('replace'), 'set', operation.value);
    case 'remove':
      if (read(document, parts) === undefined)
        throw new PatchError(`remove operation does not apply: doc is missing path: "${path}": missing value`, 422);
      return change(document, parts, () => missing('remove'), 'remove', undefined);
    case 'test':
      if (!deepEqual(read(document, parts) ?? null, operation.value ?? null))
        throw new PatchError(`testing value ${path} failed: test failed`, 422);
      return document;
    case 'move':
    case 'copy': {
      const from = String(operation.from ?? '');
      const value = read(document, parse(from));
      if (value === undefined)
        throw new PatchError(`${operation.op} operation does not apply: doc is missing from path: ${from}: missing value`, 422);
      const base = operation.op === 'move' ? change(document, parse(from), () => missing('move'), 'remove', undefined) : document;
      return change(base, parts, () => missing(String(operation.op)), 'insert', value);
    }
    default:
      throw new PatchError(`Unexpected kind: ${String(operation.op)}`, 400);
  }
}

function read(document: unknown, parts: readonly string[]): unknown {
  let value: unknown = document;
  for (const part of parts) {
    if (Array.isArray(value)) value = (value as unknown[])[Number(part)];
    else if (isObject(value)) value = value[part];
    else return undefined;
  }
  return value;
}

type Change = 'insert' | 'set' | 'remove';

function change(document: unknown, parts: readonly string[], missing: () => PatchError, how: Change, value: unknown): unknown {
  const [head, ...rest] = parts;
  if (head === undefined) return value;
  if (Array.isArray(document)) {
    const copy: unknown[] = [...(document as unknown[])];
    const index = head === '-' ? copy.length : Number(head);
    if (!Number.isInteger(index) || index > copy.length) throw missing();
    if (rest.length > 0) copy[index] = change(copy[index], rest, missing, how, value);
    else copy.splice(index, how === 'insert' ? 0 : 1, ...(how === 'remove' ? [] : [value]));
    return copy;
  }
  if (!isObject(document)) throw missing();
  const copy: Record<string, unknown> = { ...document };
  if (rest.length > 0) {
    if (copy[head] === undefined) throw missing();
    copy[head] = change(copy[head], rest, missing, how, value);
  } else if (how === 'remove') delete copy[head];
  else copy[head] = value;
  return copy;
}
