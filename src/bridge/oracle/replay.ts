import '#cluster/late.ts';
import type { JournalEntry, Millis } from '#kernel/types.ts';
import { createWorld, type World } from '#kernel/world.ts';
import { openCluster } from '#cluster/index.ts';
import { readKeyspace } from '#components/etcd/index.ts';
import type { ScriptRunnerState } from '#components/script-runner/index.ts';
import { learnNames, renamed } from './names.ts';

/** One step of a recorded script. */
export type RecordedStep =
  | {
      readonly kind: 'kubectl';
      readonly argv: readonly string[];
      readonly stdin?: string;
      readonly files?: Readonly<Record<string, string>>;
      readonly editor?: string;
      readonly background?: boolean;
      readonly stdout: string;
      readonly stderr: string;
      readonly code: number;
    }
  | { readonly kind: 'settle' }
  | { readonly kind: 'pause'; readonly seconds: number }
  | { readonly kind: 'fault'; readonly action: 'start' | 'stop'; readonly component: string; readonly node?: string }
  | { readonly kind: 'nodefile'; readonly action: 'put' | 'rm'; readonly node: string; readonly path: string; readonly text?: string };

/** What a finished request leaves in the audit log; see the recordings' description. */
export interface AuditRecord {
  readonly at: Millis;
  readonly stage: string;
  readonly user: string;
  readonly verb: string;
  readonly uri: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly code: number;
}

/** A simulated recording, in the shape of the recorded ones. */
export interface Recording {
  readonly steps: readonly unknown[];
  readonly audit: readonly AuditRecord[];
  readonly objects: readonly unknown[];
  readonly meta: {
    readonly scenario: string;
    readonly run: number;
    readonly startMs: Millis;
    readonly endMs: Millis;
    readonly audit: number;
    readonly objects: number;
  };
}

const runner = 'admin/script-runner';
const quietMs = 3_000;
/** A script takes a moment between two commands, and kubectl to start. */
const betweenCommandsMs = 190;
const commandLimitMs = 900_000;
const settleLimitMs = 120_000;
const bootLimitMs = 120_000;
const readVerbs = new Set(['get', 'list', 'watch']);
/** What every cluster has and the recordings leave out. */
const leftOut =
  /^\/registry\/(?:leases|flowschemas|prioritylevelconfigurations|clusterroles|clusterrolebindings|apiregistration\.k8s\.io|masterleases|ranges|peerserverleases)\b/;

/** Replays the steps of a recording on a fresh cluster of the given shape; like the recording it ends when nothing has been written for a while. */
export function replay(scenario: string, shape: string, steps: readonly RecordedStep[], seed: number): Recording {
  const replayer = new Replayer(shape, seed);
  const startMs = replayer.begin();
  const done = steps.map((step, index) => replayer.perform(step, index));
  const played = done.map((finish) => finish());
  replayer.settle(settleLimitMs);
  const objects = replayer.objects();
  const { audit } = replayer;
  const meta = { scenario, run: 1, startMs, endMs: replayer.now, audit: audit.length, objects: objects.length };
  return { steps: played, audit, objects, meta };
}

class Replayer {
  audit: AuditRecord[] = [];
  private readonly world: World;
  private readonly control: string;
  private readonly names = new Map<string, string>();
  private lastWriteAt: Millis = 0;

  constructor(shape: string, seed: number) {
    const cluster = openCluster({ shape, seed });
    if (cluster === undefined) throw new Error(`oracle: there is no cluster shape "${shape}"`);
    this.world = createWorld(cluster.world);
    this.control = cluster.hosts.find((host) => host.role === 'control-plane')?.name ?? '';
  }

  get now(): Millis {
    return this.world.now;
  }

  /** Boots the cluster until nothing has been written for a while; what happened so far is not part of the recording. */
  begin(): Millis {
    this.pass(20_000);
    this.settle(bootLimitMs);
    this.audit = [];
    return this.world.now;
  }

  /** Starts a step and waits for its end, unless it runs in the background; the result is final when the script has ended. */
  perform(step: RecordedStep, index: number): () => unknown {
    const startMs = this.world.now;
    switch (step.kind) {
      case 'settle':
        this.settle(settleLimitMs);
        break;
      case 'pause':
        this.pass(step.seconds * 1000);
        break;
      case 'fault': {
        const address = `${step.node ?? this.control}/${step.component}`;
        this.world.input(step.action === 'stop' ? { type: 'fault.stop', address, kill: true } : { type: 'fault.start', address });
        this.pass(1);
        break;
      }
      case 'nodefile':
        this.world.input({ type: 'file', host: step.node, path: step.path, content: step.action === 'put' ? step.text : undefined });
        this.pass(1);
        break;
      case 'kubectl':
        return this.kubectl(step, `kubectl-${index + 1}`, startMs);
    }
    const endMs = this.world.now;
    return () => ({ ...step, startMs, endMs });
  }

  private kubectl(step: Extract<RecordedStep, { readonly kind: 'kubectl' }>, run: string, startMs: Millis): () => unknown {
    const argv = step.argv.map((argument) => renamed(this.names, argument));
    const { editor } = step;
    const stdin = step.stdin === undefined ? undefined : renamed(this.names, step.stdin);
    const files = Object.fromEntries(Object.entries(step.files ?? {}).map(([name, text]) => [name, renamed(this.names, text)]));
    this.world.input({ type: 'message', to: runner, message: { type: 'script.run', run, argv, stdin, files, editor } as never });
    if (step.background === true) {
      this.pass(betweenCommandsMs);
    } else {
      const limit = this.world.now + commandLimitMs;
      while (this.run(run)?.code === undefined && this.world.now < limit) if (this.next() === undefined) break;
      learnNames(this.names, step.stdout, this.run(run)?.stdout ?? '');
      this.pass(betweenCommandsMs);
    }
    return () => {
      const limit = this.world.now + commandLimitMs;
      while (this.run(run)?.code === undefined && this.world.now < limit) if (this.next() === undefined) break;
      const { stdout = '', stderr = '', code = 124 } = this.run(run) ?? {};
      return { ...step, argv, stdout, stderr, code, startMs, endMs: this.world.now };
    };
  }

  /** Lets virtual time pass. */
  pass(ms: Millis): void {
    const until = this.world.now + ms;
    for (let at = this.world.nextAt(); at !== undefined && at <= until; at = this.world.nextAt()) this.next();
    this.world.runUntil(until);
  }

  objects(): readonly unknown[] {
    const etcd = this.world.process(`${this.control}/etcd`);
    if (etcd === undefined) return [];
    return readKeyspace(etcd.context, '/registry/', 0)
      .keys.filter((entry) => !leftOut.test(entry.key))
      .map((entry) => {
        const value = entry.value as { readonly metadata?: object };
        return { ...value, metadata: { ...value.metadata, resourceVersion: String(entry.modRevision) } };
      });
  }

  private run(name: string): ScriptRunnerState['runs'] extends { get(key: string): infer R } ? R : never {
    return (this.world.process(runner)?.context as ScriptRunnerState | undefined)?.runs.get(name) as never;
  }

  settle(limitMs: Millis): void {
    const limit = this.world.now + limitMs;
    const from = this.world.now;
    while (this.world.now < limit && this.world.now < Math.max(this.lastWriteAt, from) + quietMs) {
      this.pass(Math.min(200, limit - this.world.now));
    }
  }

  private next(): JournalEntry | undefined {
    const entry = this.world.step();
    for (const note of entry?.notes ?? []) {
      if (note.topic !== 'audit') continue;
      const record = note.data as AuditRecord;
      this.audit.push(record);
      if (!readVerbs.has(record.verb) && !isHeartbeat(record)) this.lastWriteAt = this.world.now;
    }
    return entry;
  }
}

function isHeartbeat(record: AuditRecord): boolean {
  return (
    record.resource === 'leases' ||
    (record.resource === 'nodes' && record.user.startsWith('system:node:')) ||
    record.subresource === 'token'
  );
}
