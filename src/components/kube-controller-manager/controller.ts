import type { KubeObject } from '#api/object.ts';
import type { ApiCall } from '#machinery/client.ts';
import type { Expectation, Observation } from '#machinery/expectations.ts';
import type { Change, InformerState } from '#machinery/informer.ts';
import type { HttpResponse } from '#protocol/rest.ts';

/** The shared informers, by plural name. */
export type Caches = Readonly<Record<string, InformerState>>;

/** A call of a sync; one in the background is sent and not waited for (events). */
export interface SyncCall extends ApiCall {
  readonly background?: boolean | undefined;
  /** What the watch will show when the call has worked. */
  readonly expects?: Expectation | undefined;
}

/** What a sync may know besides the caches. */
export interface SyncContext {
  readonly now: number;
  readonly caches: Caches;
  /** How often this key has failed in a row. */
  readonly failures: number;
  /** Whether everything that was expected for this key has been seen. */
  readonly satisfied: boolean;
  /** What the last sync of this key asked to be remembered; undefined at first, and after the controller manager began anew. */
  readonly memory?: unknown;
  /** A v1 Event, as a background call. */
  event(subject: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): SyncCall;
}

/** `again`: look at the key again after a while, whatever happens. Errors make it come back with a back-off. */
export interface SyncResult {
  /** Keys to be looked at, too. */
  readonly more?: readonly string[] | undefined;
  readonly againMs?: number | undefined;
  /** How long the sync has kept its worker busy, beyond its calls: the key rests as long. Milliseconds; below 1 it does not count. */
  readonly tookMs?: number | undefined;
  /** Kept for the next sync of this key; left as it is where there is none. */
  readonly remember?: unknown;
  readonly failed?: boolean | undefined;
}
export type Sync = Generator<readonly SyncCall[], SyncResult, readonly HttpResponse[]>;

/** A part of a sync, and what it comes to. */
export type Calls<Result> = Generator<readonly SyncCall[], Result, readonly HttpResponse[]>;

/** One control loop: what it watches, which keys a change concerns, and what it does about a key. */
export interface ControllerDefinition {
  readonly name: string;
  /** Its service account, where it is not its name. */
  readonly account?: string | undefined;
  /** The resources it watches → which keys a change of one of their objects concerns. */
  readonly handlers: Readonly<Record<string, (change: Change, caches: Caches) => readonly string[]>>;
  /** The same for resources that discovery speaks of, by the name of their cache. */
  readonly monitors?: ((cache: string) => (change: Change, caches: Caches) => readonly string[]) | undefined;
  /** What changes mean for those that wait for what they asked for, by resource. */
  readonly observes?: Readonly<Record<string, (change: Change) => readonly Observation[]>> | undefined;
  /** How long a change may wait so that several are handled at once; without it, and at 0, its keys are looked at right away. */
  readonly batchMs?: ((change: Change) => number) | undefined;
  readonly workers: number;
  /** The component name in its events. */
  readonly eventSource: string;
  readonly sync: (key: string, context: SyncContext) => Sync;
}

/** One call and its answer. */
export function* call(request: SyncCall): Generator<readonly SyncCall[], HttpResponse, readonly HttpResponse[]> {
  const [answer] = yield [request];
  return answer!;
}

/** Why a call was refused, in the API server's words. */
export const messageOf = (response: HttpResponse): string => (response.body as { readonly message?: string } | null)?.message ?? '';

/** Refused because the namespace is being emptied: then every creation is (HasStatusCause, NamespaceTerminatingCause). */
export function isTerminating(response: HttpResponse): boolean {
  const status = response.body as { readonly details?: { readonly causes?: readonly { readonly reason?: string }[] } } | null;
  return response.status === 403 && status?.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating') === true;
}

export const ok = (response: HttpResponse): boolean => response.status < 300;
export const done: SyncResult = {};
export const retry: SyncResult = { failed: true };

/** The object of a key in a cache. */
export function lookUp(caches: Caches, resource: string, key: string): KubeObject | undefined {
  return caches[resource]?.store.get(key);
}

export function splitKey(key: string): { readonly namespace: string; readonly name: string } {
  const slash = key.indexOf('/');
  return slash < 0 ? { namespace: '', name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
