import type { KubeObject } from '#api/object.ts';
import type { History } from '#kernel/history.ts';
import type { JournalEntry } from '#kernel/types.ts';
import { readKeyspace } from '#components/etcd/index.ts';
import type { EtcdWatchResponse } from '#protocol/etcd.ts';

/** One write: what an object was and what it is. */
export interface Write {
  readonly key: string;
  readonly old: KubeObject | undefined;
  readonly object: KubeObject | undefined;
  readonly at: number;
}

/** What etcd holds, followed write by write through what it tells the API server. */
export class Model {
  private readonly known = new Map<string, KubeObject>();
  private revision = 0;

  /** The writes that an event of the journal shows for the first time. */
  follow(entry: JournalEntry): readonly Write[] {
    if (entry.kind !== 'message' || entry.message.type !== 'etcd.watch') return [];
    const { events } = entry.message as EtcdWatchResponse;
    const writes: Write[] = [];
    for (const { type, kv } of events) {
      if (kv.modRevision <= (this.revisions.get(kv.key) ?? this.revision)) continue;
      const old = this.known.get(kv.key);
      const object = type === 'PUT' ? (kv.value as KubeObject) : undefined;
      this.revisions.set(kv.key, kv.modRevision);
      if (object === undefined) this.known.delete(kv.key);
      else this.known.set(kv.key, object);
      writes.push({ key: kv.key, old, object, at: entry.at });
    }
    return writes;
  }

  private readonly revisions = new Map<string, number>();

  /** Takes everything anew from etcd: what was written while nobody watched is known, too. */
  read(history: History): void {
    const etcd = [...history.world.processes()].find(({ definition }) => definition === 'etcd');
    if (etcd === undefined) return;
    const { keys, newest } = readKeyspace(etcd.context, '/registry/', 0);
    this.known.clear();
    this.revisions.clear();
    for (const { key, value } of keys) this.known.set(key, value as KubeObject);
    this.revision = newest;
  }

  get(key: string): KubeObject | undefined {
    return this.known.get(key);
  }

  /** The objects of a resource, by the prefix of their keys: `/registry/pods/`. */
  list<T extends object = object>(prefix: string): readonly (T & KubeObject)[] {
    const found: (T & KubeObject)[] = [];
    for (const [key, object] of this.known) if (key.startsWith(prefix)) found.push(object as T & KubeObject);
    return found;
  }

  all(): Iterable<KubeObject> {
    return this.known.values();
  }
}
