import '#cluster/late.ts';
import type { Server } from 'node:https';
import type { Credential, HttpResponse } from '#protocol/rest.ts';
import type { ClusterChoice } from '#session/port.ts';
import { Session } from '#session/session.ts';
import { createDoor, type DoorOptions } from './door/server.ts';
import { Gateway } from './door/gateway.ts';

/** A cluster that runs in this process in real time, with a door for real clients. */
export interface Headless {
  readonly session: Session;
  readonly server: Server;
  close(): void;
}

const tickMs = 4;
/** A machine that was asleep does not make the cluster jump. */
const longestTickMs = 250;
const bootLimitMs = 300_000;
const admin: Credential = { type: 'certificate', user: 'kubernetes-admin', groups: ['system:masters'] };

/** Opens a cluster and lets it boot at once. @throws Error where the shape is unknown or the cluster does not become Ready */
export function openHeadless(choice: ClusterChoice, identity: Omit<DoorOptions, 'credential'>): Headless {
  const session = new Session(choice);
  const serverAddress = apiServerOf(session);
  const gateway = new Gateway(session, serverAddress);
  boot(gateway);
  const server = createDoor(gateway, { ...identity, credential: admin });
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    gateway.pass(Math.min(longestTickMs, now - last));
    last = now;
  }, tickMs);
  return {
    session,
    server,
    close() {
      clearInterval(timer);
      server.closeAllConnections();
      server.close();
    },
  };
}

function apiServerOf(session: Session): string {
  const host = session.frame().hosts.find((item) => item.role === 'control-plane');
  if (host === undefined) throw new Error('this cluster has no control plane');
  return `${host.name}/kube-apiserver`;
}

/** Lets time pass until every node is Ready and the default service account is there. */
function boot(gateway: Gateway): void {
  for (let waited = 0; waited < bootLimitMs; waited += 1000) {
    gateway.pass(1000);
    const nodes = ask(gateway, '/api/v1/nodes')?.body as
      | {
          readonly items?: readonly {
            readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
          }[];
        }
      | undefined;
    const ready = nodes?.items?.every(
      (node) => node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true,
    );
    if (ready === true && nodes!.items!.length > 0 && ask(gateway, '/api/v1/namespaces/default/serviceaccounts/default')?.status === 200)
      return;
  }
  throw new Error('the cluster did not become Ready');
}

/** One GET, within a second of virtual time. */
function ask(gateway: Gateway, path: string): HttpResponse | undefined {
  let answer: HttpResponse | undefined;
  const nothing = (): void => undefined;
  const connection = gateway.send(
    { method: 'GET', path, query: {}, accept: 'application/json', userAgent: 'bridge', credential: admin },
    {
      response: (response) => (answer = response),
      chunk: nothing,
      end: nothing,
      unreachable: nothing,
    },
  );
  gateway.pass(1000);
  if (answer === undefined) connection.abort();
  return answer;
}
