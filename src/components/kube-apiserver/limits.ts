import type { Json } from '#base/json.ts';
import type { Status } from '#api/object.ts';
import { badRequest, failure } from '#api/resources/status-errors.ts';
import type { HttpRequest } from '#protocol/rest.ts';

/** How much a request may ask for (apiserver/pkg/server/config.go, MaxRequestBodyBytes; handlers/patch.go, maxJSONPatchOperations). */
const maxBodyBytes = 3 * 1024 * 1024;
const maxPatchOperations = 10_000;
/** Upstream's decoder gives up at 10,000 levels. Here it is earlier: all that walks through objects recurses. */
const maxDepth = 500;

type Measure = 'fits' | 'large' | 'deep' | 'odd';

/** Whether a value, as JSON, is larger than some bytes, deeper than can be walked, or has a key that is none here. It stops as soon as it knows. */
export function measure(value: unknown, bytes: number): Measure {
  let left = bytes;
  const walk = (item: unknown, depth: number): Measure => {
    if (depth > maxDepth) return 'deep';
    if (typeof item === 'string') left -= item.length + 2;
    else if (typeof item !== 'object' || item === null) left -= 5;
    else {
      left -= 2;
      const list = Array.isArray(item);
      for (const key in item) {
        // What is copied key by key would get another prototype by this one.
        if (key === '__proto__') return 'odd';
        if (!list) left -= key.length + 4;
        const found = walk((item as Readonly<Record<string, unknown>>)[key], depth + 1);
        if (found !== 'fits') return found;
      }
    }
    return left < 0 ? 'large' : 'fits';
  };
  return walk(value, 0);
}

const tooLarge = (what: string): Status => failure(413, 'RequestEntityTooLarge', `Request entity too large: ${what}`);

/** Why the body of a request is not looked at. */
export function bodyRefusal({ body, contentType, method }: HttpRequest): Status | undefined {
  if (body === undefined) return undefined;
  const found = measure(body, maxBodyBytes);
  if (found === 'large') return tooLarge(`limit is ${maxBodyBytes}`);
  if (found === 'deep') return badRequest('exceeded max depth');
  if (found === 'odd') return badRequest('a key "__proto__" is not taken here');
  const operations =
    method === 'PATCH' && contentType === 'application/json-patch+json' && Array.isArray(body) ? (body as readonly Json[]) : [];
  return operations.length > maxPatchOperations
    ? tooLarge(`The allowed maximum operations in a JSON patch is ${maxPatchOperations}, got ${operations.length}`)
    : undefined;
}

/** `--max-request-bytes` of etcd, and what its client does not even send. */
const maxStoredBytes = 1.5 * 1024 * 1024;

/** Why an object is not stored (etcd/server/v3, ErrRequestTooLarge). */
export function storedRefusal(value: unknown): Status | undefined {
  const found = measure(value, maxStoredBytes);
  if (found === 'fits') return undefined;
  const { reason: _reason, ...status } = failure(500, '', found === 'large' ? 'etcdserver: request is too large' : 'exceeded max depth');
  return status as Status;
}
