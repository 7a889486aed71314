import type { ApiCall } from '#machinery/client.ts';
import type { EtcdOperation, EtcdResponse } from '#protocol/etcd.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import type { ApiServerState } from '../state.ts';

/** What a controller asks for: the API, etcd itself, or time to pass. */
export type Ask = { readonly call: ApiCall } | { readonly etcd: EtcdOperation } | { readonly waitMs: number };
export type Answer = HttpResponse | EtcdResponse | { readonly type: 'waited' };
export type Sync = Generator<Ask, 'done' | 'retry', Answer>;

/** What a sync may read: the server's memory as it was when the sync began. */
export interface SyncContext {
  readonly server: ApiServerState;
  readonly now: number;
}

/** A control loop of the API server: one worker, keys that wait their turn. */
export type Controller = (key: string, context: SyncContext) => Sync;

/** Asks the API server, as the API server. */
export function* call(request: ApiCall): Generator<Ask, HttpResponse, Answer> {
  return (yield { call: request }) as HttpResponse;
}

/** A write that came too late is no failure: the change that was faster brings the key back. */
export function outcome({ status }: HttpResponse): 'done' | 'retry' {
  return status < 300 || status === 404 || status === 409 ? 'done' : 'retry';
}
