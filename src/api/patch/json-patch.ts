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
  const copied = { left: maxCopiedBytes };
  return (patch as readonly unknown[]).reduce((document, operation) => {
    if (!isObject(operation))
      throw new PatchError(`json: cannot unmarshal ${goType(operation)} into Go value of type jsonpatch.Operation`, 400);
    return applyOne(document, operation, copied);
  }, target);
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const goType = (value: unknown): string =>
  Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : value === null ? 'null' : typeof value;

/** What copies may add to a document together (server/config.go, JSONPatchMaxCopyBytes): each could double it. */
const maxCopiedBytes = 3 * 1024 * 1024;

function sizeOf(value: unknown, most: number): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 5;
  let size = 2;
  for (const [key, item] of Object.entries(value)) {
    size += key.length + 4 + sizeOf(item, most - size);
    if (size > most) return size;
  }
  return size;
}

const parse = (path: string): string[] =>
  path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));

function applyOne(document: unknown, operation: Operation, copied: { left: number }): unknown {
  const path = textOf(operation.path);
  const parts = parse(path);
  if (path.includes('__proto__') || textOf(operation.from).includes('__proto__')) throw new PatchError(`no such path: ${path}`, 422);
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
      const from = textOf(operation.from);
      const value = read(document, parse(from));
      if (value === undefined)
        throw new PatchError(`${operation.op} operation does not apply: doc is missing from path: ${from}: missing value`, 422);
      if (operation.op === 'copy') {
        const size = sizeOf(value, copied.left);
        copied.left -= size;
        if (copied.left < 0)
          throw new PatchError(
            `Unable to complete the copy, the accumulated size increase of copy is ${maxCopiedBytes - copied.left}, exceeding the limit ${maxCopiedBytes}`,
            422,
          );
      }
      const base = operation.op === 'move' ? change(document, parse(from), () => missing('move'), 'remove', undefined) : document;
      return change(base, parts, () => missing(textOf(operation.op)), 'insert', value);
    }
    default:
      throw new PatchError(`Unexpected kind: ${textOf(operation.op)}`, 400);
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
