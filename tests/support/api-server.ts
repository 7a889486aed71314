import { openCluster } from '#cluster/index.ts';
import type { JournalEntry } from '#kernel/types.ts';
import { createWorld, type World } from '#kernel/world.ts';
import type { Credential, HttpRequest, HttpResponse } from '#protocol/rest.ts';

export type Question = Partial<Omit<HttpRequest, 'type' | 'id'>> & Pick<HttpRequest, 'method' | 'path'>;

const address = 'outside/client';
const server = 'control-plane/kube-apiserver';
export const admin: Credential = { type: 'certificate', user: 'kubernetes-admin', groups: ['system:masters'] };

/** An API server and its etcd, with nobody else around: no controller, no kubelet, no scheduler. */
export class ApiServer {
  readonly world: World;
  private next = 1;

  constructor({ heard = () => undefined, epochMs }: { readonly heard?: (entry: JournalEntry) => void; readonly epochMs?: number } = {}) {
    const { world } = openCluster({ shape: 'oracle', nodes: 0, seed: 3 })!;
    const alone = world.processes.filter(({ definition }) => definition === 'etcd' || definition === 'kube-apiserver');
    const client = { address, definition: 'external-client', input: { server } };
    this.world = createWorld({
      ...world,
      epochMs: epochMs ?? world.epochMs,
      hosts: [...world.hosts, { name: 'outside' }],
      processes: [...alone, client],
    });
    this.heard = heard;
    this.world.runUntil(this.world.now + 20_000);
  }

  private readonly heard: (entry: JournalEntry) => void;

  /** The server's own state. */
  get state(): unknown {
    return this.world.process(server)?.context;
  }

  /** What a request is answered; undefined where nothing comes in the time that the server gives itself. */
  ask({ method, path, ...more }: Question): HttpResponse | undefined {
    const id = `ask-${this.next++}`;
    const request: HttpRequest = {
      type: 'http.request',
      id,
      method,
      path,
      query: {},
      accept: 'application/json',
      userAgent: 'kubectl/v1.36.3',
      credential: admin,
      ...more,
    };
    this.world.input({ type: 'message', to: address, message: { type: 'client.send', request } as never });
    let answer: HttpResponse | undefined;
    const limit = this.world.now + 70_000;
    this.world.runUntil((entry) => {
      this.heard(entry);
      const { message } = entry as unknown as { readonly message: HttpResponse };
      if (entry.process === address && message.type === 'http.response' && message.id === id) answer = message;
      return answer !== undefined || this.world.now > limit;
    }, 100_000);
    return answer;
  }
}
