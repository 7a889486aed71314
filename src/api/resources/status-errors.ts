import type { JsonObject } from '#base/json.ts';
import type { Status } from '../object.ts';
import { aggregate, causeReason, errorBody, type FieldError } from './field-error.ts';

/** The failures of the API, word for word. Models apimachinery/pkg/api/errors/errors.go. */
interface GroupResource {
  readonly group: string;
  readonly plural: string;
}

export function failure(code: number, reason: string, message: string, details?: JsonObject): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details === undefined ? {} : { details }),
    code,
  };
}

const qualified = ({ group, plural }: GroupResource): string => (group === '' ? plural : `${plural}.${group}`);
const detailsOf = ({ group, plural }: GroupResource, name: string): JsonObject => ({
  ...(name === '' ? {} : { name }),
  ...(group === '' ? {} : { group }),
  kind: plural,
});

export const notFound = (resource: GroupResource, name: string): Status =>
  failure(404, 'NotFound', `${qualified(resource)} "${name}" not found`, detailsOf(resource, name));
export const alreadyExists = (resource: GroupResource, name: string): Status =>
  failure(409, 'AlreadyExists', `${qualified(resource)} "${name}" already exists`, detailsOf(resource, name));
export const conflict = (
  resource: GroupResource,
  name: string,
  message = 'the object has been modified; please apply your changes to the latest version and try again',
): Status =>
  failure(409, 'Conflict', `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${message}`, detailsOf(resource, name));
export const forbiddenResource = (resource: GroupResource, name: string, message: string): Status =>
  failure(403, 'Forbidden', `${qualified(resource)}${name === '' ? '' : ` "${name}"`} is forbidden: ${message}`, detailsOf(resource, name));
export const badRequest = (message: string): Status => failure(400, 'BadRequest', message);
export const unauthorized = (): Status => failure(401, 'Unauthorized', 'Unauthorized');
const noPage = failure(404, 'NotFound', 'the server could not find the requested resource', {});
/** Nothing is served at an address: clients are told in plain text, not by a Status. */
export const pageNotFound = (): Status => noPage;
export const isPageNotFound = (status: Status): boolean => status === noPage;
export const methodNotSupported = (resource: GroupResource, verb: string): Status =>
  failure(405, 'MethodNotAllowed', `${verb} is not supported on resources of kind "${qualified(resource)}"`, detailsOf(resource, ''));
export const expired = (message: string): Status => failure(410, 'Expired', message);
export const unsupportedMediaType = (): Status =>
  failure(
    415,
    'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
  );
export const internalError = (message: string): Status =>
  failure(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
/** An error that the API has no name for: its text, and no reason (responsewriters.ErrorToAPIStatus). */
export const unknownError = (message: string): Status => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message,
  code: 500,
});
export const timeout = (message: string): Status => failure(504, 'Timeout', message);
export const tooManyRequests = (message: string, seconds: number): Status =>
  failure(429, 'TooManyRequests', message, { retryAfterSeconds: seconds });

/** 422 with a cause for each error. */
export function invalidObject(group: string, kind: string, name: string, errors: readonly FieldError[]): Status {
  const what = group === '' ? kind : `${kind}.${group}`;
  const causes = errors.map((error) => ({ reason: causeReason(error), message: errorBody(error), field: error.field }));
  return failure(422, 'Invalid', `${what} "${name}" is invalid: ${aggregate(errors)}`, {
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    ...(kind === '' ? {} : { kind }),
    causes,
  });
}

/** Success without an object: what most deletions answer. */
export function success(details?: JsonObject): Status {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', ...(details === undefined ? {} : { details }), code: 200 };
}

/** A response body that is a failed Status. */
export function isFailure(body: unknown): body is Status {
  return (
    typeof body === 'object' &&
    body !== null &&
    (body as { kind?: unknown }).kind === 'Status' &&
    (body as { status?: unknown }).status === 'Failure'
  );
}
