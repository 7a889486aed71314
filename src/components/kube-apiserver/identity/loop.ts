import type { KubeObject } from '#api/object.ts';
import type { ApiCall } from '#machinery/client.ts';
import type { EtcdOperation, EtcdResponse } from '#protocol/etcd.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import type { ApiServerState } from '../state.ts';

/** What a loop asks for: the API, or etcd itself. */
export type Ask = { readonly call: ApiCall } | { readonly etcd: EtcdOperation };
export type Answer = HttpResponse | EtcdResponse;

/** What a loop knows when it begins. */
export interface Facts {
  readonly server: ApiServerState;
  /** What the server calls itself: `apiserver-…`, and with the uid of this run. */
  readonly name: string;
  readonly holder: string;
  readonly host: string;
  readonly now: number;
  /** What the loop's last turn has left. */
  readonly memory: KubeObject | undefined;
}

/** What a server does again and again to tell that it is alive. */
export interface Loop {
  readonly everyMs: number;
  readonly run: (facts: Facts) => Generator<Ask, KubeObject | undefined, Answer>;
}
