import type { JsonObject } from '#base/json.ts';
import type { ObjectMeta } from './types.generated.ts';

/**
 * Any object of the API, of a kind known at run time only. Kinds known at compile time are the interfaces of
 * types.generated.ts; `Stored` says that such an object came from the API server and so has its metadata.
 */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Meta;
  readonly [field: string]: unknown;
}

/** Metadata of a stored object. Times are RFC 3339 in whole seconds. */
export interface Meta extends ObjectMeta {
  readonly name: string;
}

/** An object that came from the API server: what the server always sets is there. */
export type Stored<T> = T & {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Meta & { readonly uid: string; readonly resourceVersion: string; readonly creationTimestamp: string };
};

/** A Kind in a group and version: `{group: 'apps', version: 'v1', kind: 'Deployment'}`; the core group is ''. */
export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** `v1` or `apps/v1` taken apart. */
export function parseApiVersion(apiVersion: string): { readonly group: string; readonly version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? { group: '', version: apiVersion } : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** The inverse of parseApiVersion. */
export function formatApiVersion(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}

/** `namespace/name`, or `name` of cluster-scoped objects: client-go's MetaNamespaceKeyFunc. */
export function objectKey(object: { readonly metadata?: ObjectMeta | undefined }): string {
  const { namespace, name } = object.metadata ?? {};
  return namespace === undefined || namespace === '' ? (name ?? '') : `${namespace}/${name ?? ''}`;
}

/** A metav1.Status: the answer to every failed request and to some deletions. */
export interface Status extends JsonObject {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: JsonObject;
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: JsonObject;
  readonly code: number;
}

/** The second that was last formatted: most times that are formatted one after the other are of one second. */
let lastSecond = Number.NaN;
let lastSecondText = '';

/** RFC 3339 in whole seconds, UTC: metav1.Time. */
export function formatTime(millis: number): string {
  const second = Math.floor(millis / 1000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastSecondText = `${new Date(second * 1000).toISOString().slice(0, 19)}Z`;
  }
  return lastSecondText;
}

/** RFC 3339 with microseconds, UTC: metav1.MicroTime. */
export function formatMicroTime(millis: number): string {
  const micros = Math.floor((millis - Math.floor(millis)) * 1000);
  return `${new Date(Math.floor(millis)).toISOString().slice(0, 23)}${String(micros).padStart(3, '0')}Z`;
}
