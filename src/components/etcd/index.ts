import type { ProcessDefinition } from '#kernel/types.ts';
import { inspect } from './inspect.ts';
import { etcdMachine } from './machine.ts';
import type { EtcdState } from './state.ts';
import { viewKeys, type KeyspaceView } from './store.ts';

export type { EtcdInput, MemberInput } from './state.ts';
export type { KeyspaceView } from './store.ts';

/** One member of etcd. */
export const etcd: ProcessDefinition = { name: 'etcd', machine: etcdMachine, inspect };

/** How far a member has come. @param context the context of a running `etcd` process */
export const revisionOf = (context: unknown): number => (context as EtcdState).store.revision;

/** What a member holds under a prefix, at a revision (0: now). @param context the context of a running `etcd` process */
export function readKeyspace(context: unknown, prefix: string, revision: number): KeyspaceView {
  return viewKeys((context as EtcdState).store, prefix, revision);
}

/** Every revision of one key since the last compaction, oldest first; `value` undefined where it was deleted. */
export function readHistory(context: unknown, key: string): readonly { readonly revision: number; readonly value: unknown }[] {
  const { store } = context as EtcdState;
  const found: { revision: number; value: unknown }[] = [];
  for (const events of store.events.values())
    for (const event of events) if (event.kv.key === key) found.push({ revision: event.kv.modRevision, value: event.kv.value });
  const newest = store.keys.get(key);
  if (newest !== undefined && found.at(-1)?.revision !== newest.modRevision)
    found.push({ revision: newest.modRevision, value: newest.value });
  return found;
}
