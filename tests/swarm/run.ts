import '#cluster/late.ts';
import { openCluster } from '#cluster/index.ts';
import { createHistory, type History } from '#kernel/history.ts';
import type { Input, JournalEntry } from '#kernel/types.ts';
import type { Pod } from '#api/types.generated.ts';
import type { Credential, HttpRequest } from '#protocol/rest.ts';
import { watchMoments } from './checks/moments.ts';
import { atRest } from './checks/rest.ts';
import { Model } from './model.ts';
import { namespaces, places, planOf, setUp, troubleMs, windUp, type Action, type Place, type UserAction } from './plan.ts';

export interface Report {
  readonly seed: number;
  readonly events: number;
  readonly hash: string;
  readonly violations: readonly string[];
}

/** Until whoever was down serves again, and who waited for it has tried again: gRPC waits two minutes between attempts at most. */
const recoveryMs = 150_000;
const bootMs = 45_000;
/** Nothing of weight has been written for so long: the cluster is at rest. */
const quietMs = 100_000;
/** A taint may stand for five minutes, a failed key wait for sixteen. */
const patienceMs = 40 * 60_000;
const client = 'swarm/client';
const credential: Credential = { type: 'certificate', user: 'swarm', groups: ['system:masters'] };
const ignored = /^\/registry\/(leases|events|minions|masterleases|services\/endpoints\/kube-system)\//;

const booted = new Map<string, History>();

/** A cluster that has come up, with a user's machine beside it; each run is forked off it. */
function boot(place: Place): History {
  const known = booted.get(place.shape);
  if (known !== undefined) return known;
  const { world } = openCluster({ shape: place.shape, nodes: 3, seed: 1 })!;
  const history = createHistory({
    ...world,
    hosts: [...world.hosts, { name: 'swarm' }],
    processes: [
      ...world.processes,
      { address: client, definition: 'external-client', input: { server: `${place.control}/kube-apiserver` } },
    ],
  });
  history.advance({ untilTime: history.world.now + bootMs });
  booted.set(place.shape, history);
  return history;
}

/** One run of a seed: trouble, then peace, with the checks of every moment and those at rest. */
export class SwarmRun {
  readonly place: Place;
  readonly history: History;
  private readonly model = new Model();
  private readonly violations: string[] = [];
  private readonly moments: (entry: JournalEntry) => readonly string[];
  private requests = 0;
  private lastWrite = 0;
  private lastKey = '';

  constructor(private readonly seed: number) {
    const plan = planOf(seed);
    this.place = places.find(({ shape }) => shape === plan.shape)!;
    this.history = boot(this.place).fork();
    this.model.read(this.history);
    this.moments = watchMoments(this.model);
  }

  run(): Report {
    const { history } = this;
    const first = history.world.seq;
    for (const action of setUp()) {
      this.act(action);
      this.pass(1000);
    }
    const begun = history.world.now;
    for (const { atMs, action } of planOf(this.seed).steps) {
      this.pass(begun + atMs - history.world.now);
      this.act(action);
    }
    this.pass(begun + troubleMs + recoveryMs - history.world.now);
    this.model.read(history);
    for (const action of windUp(this.place)) this.act(action);
    this.settle();
    for (const text of atRest(history, this.model)) this.report(text);
    this.resimulate(first);
    return { seed: this.seed, events: history.head.seq - first, hash: history.hash, violations: this.violations };
  }

  private settle(): void {
    const { history } = this;
    const until = history.world.now + patienceMs;
    this.lastWrite = history.world.now;
    while (history.world.now - this.lastWrite < quietMs) {
      if (history.world.now >= until) {
        this.report(`does not come to rest: ${this.lastKey} is written again and again`);
        return;
      }
      this.pass(5000);
    }
  }

  /** The run once more from somewhere in it: it has to come to the same end. */
  private resimulate(first: number): void {
    const { history } = this;
    const end = history.head.seq;
    const other = history.hash;
    history.seek({ seq: first + Math.floor((end - first) / 2) });
    const fork = history.fork();
    const inputs = history.inputs().filter(({ seq }) => seq >= fork.world.seq);
    fork.replay(inputs.filter((item) => !fork.inputs().includes(item)));
    fork.advance({ maxEvents: end - fork.world.seq });
    if (fork.hash !== other) this.report('the same inputs lead to another run');
    history.seek({ seq: end });
  }

  private report(text: string): void {
    if (this.violations.length < 20) this.violations.push(text);
  }

  private pass(ms: number): void {
    if (ms <= 0) return;
    const { history } = this;
    history.advance({
      untilTime: history.world.now + ms,
      until: (entry) => {
        this.hear(entry);
        return false;
      },
    });
  }

  private hear(entry: JournalEntry): void {
    for (const text of this.moments(entry)) this.report(`${((entry.at - this.history.options.epochMs) / 1000).toFixed(3)} s: ${text}`);
    if (entry.message.type !== 'etcd.watch') return;
    for (const { key } of (
      entry.message as unknown as { readonly events: readonly { readonly kv: { readonly key: string } }[] }
    ).events.map(({ kv }) => kv)) {
      if (ignored.test(key)) continue;
      this.lastWrite = entry.at;
      this.lastKey = key;
    }
  }

  private input(input: Input): void {
    this.history.input(input);
  }

  private act(action: Action): void {
    switch (action.type) {
      case 'user':
        return this.ask(action);
      case 'evict':
      case 'delete-pod': {
        const pods = namespaces.flatMap((namespace) => this.model.list<Pod>(`/registry/pods/${namespace}/`));
        const pod = pods[action.draw % Math.max(1, pods.length)];
        if (pod === undefined) return;
        const { name, namespace = '' } = pod.metadata;
        const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
        if (action.type === 'delete-pod') return this.ask({ type: 'user', method: 'DELETE', path });
        const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
        return this.ask({ type: 'user', method: 'POST', path: `${path}/eviction`, body });
      }
      case 'stop':
        return this.input({ type: 'fault.stop', address: action.address, kill: true });
      case 'start':
        return this.input({ type: 'fault.start', address: action.address });
      case 'link':
        return this.input({ type: 'fault.link', between: action.between, options: action.options });
    }
  }

  private ask({ method, path, query = {}, body }: UserAction): void {
    const request: HttpRequest = {
      type: 'http.request',
      id: `swarm-${++this.requests}`,
      method,
      path,
      query: query as HttpRequest['query'],
      accept: 'application/json',
      userAgent: 'swarm',
      credential,
      ...(body === undefined ? {} : { body, contentType: method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' }),
    };
    this.input({ type: 'message', to: client, message: { type: 'client.send', request } as never });
  }
}
