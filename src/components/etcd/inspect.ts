import type { Inspection, InspectionSection } from '#kernel/types.ts';
import type { Entry } from '#protocol/raft.ts';
import { slice } from './raft/log.ts';
import { isLearner } from './raft/state.ts';
import { dbSize } from './serving.ts';
import type { EtcdState } from './state.ts';

const shownEntries = 8;

const nameOf = (state: EtcdState, id: string | undefined): string => (id === undefined ? '–' : (state.members.get(id)?.name ?? id));

/** What the inspector shows of a member: its part in the group, its log, its peers, and how many keys each resource has. */
export function inspect(state: EtcdState): Inspection {
  const { store, raft } = state;
  const role = isLearner(raft) ? 'learner' : raft.role;
  const alarms = state.alarms.map(({ member, alarm }) => `${alarm} (${nameOf(state, member)})`);
  const group = state.members.size > 1;
  const summary = `revision ${store.revision} · ${store.keys.size} keys`;
  return {
    summary: group ? `${role} · term ${raft.term} · ${summary}` : summary,
    health: raft.lead === undefined || alarms.length > 0 ? 'bad' : 'good',
    sections: [
      {
        type: 'fields',
        title: 'Member',
        rows: [
          ['name', state.name],
          ['id', state.id],
          ['role', role],
          ['leader', nameOf(state, raft.lead)],
          ['raft term', String(raft.term)],
          ['vote', nameOf(state, raft.vote)],
          ['commit index', String(raft.log.commit)],
          ['applied index', String(raft.applied)],
          ['revision', String(store.revision)],
          ['compacted', String(store.compacted)],
          ['keys', String(store.keys.size)],
          ['database', `${dbSize(state)} bytes`],
          ['alarms', alarms.length === 0 ? '–' : alarms.join(', ')],
          ['watchers', String(state.watchers.size)],
        ],
      },
      ...peers(state),
      {
        type: 'table',
        title: 'Log',
        columns: ['index', 'term', 'entry', 'state'],
        rows: slice(raft.log, Math.max(raft.log.offset + 1, raft.log.last - shownEntries + 1), raft.log.last)
          .toReversed()
          .map((entry) => [String(entry.index), String(entry.term), entryText(entry), entry.index <= raft.log.commit ? 'committed' : '']),
      },
      keysSection(state),
    ],
  };
}

/** The other members; how far each is, the leader alone knows. */
function peers(state: EtcdState): readonly InspectionSection[] {
  if (state.members.size < 2) return [];
  const { raft } = state;
  const rows = [...state.members.values()].map(({ id, name }) => {
    const progress = id === state.id ? undefined : raft.progress[id];
    const part = raft.conf.learners.includes(id) ? 'learner' : 'voter';
    const vote = raft.votes[id] === undefined ? '' : raft.votes[id] ? 'granted' : 'rejected';
    return [name, part, progress?.state ?? '', String(progress?.match ?? ''), String(progress?.next ?? ''), vote];
  });
  return [{ type: 'table', title: 'Group', columns: ['member', 'part', 'replication', 'match', 'next', 'vote'], rows }];
}

function entryText(entry: Entry): string {
  if (entry.kind === 'conf-change') return `${entry.data.change} ${entry.data.node}`;
  if (entry.data === undefined) return '(begin of the term)';
  const { operation } = entry.data as {
    readonly operation: { readonly op: string; readonly key?: string; readonly success?: readonly { readonly key?: string }[] };
  };
  return `${operation.op} ${operation.key ?? operation.success?.[0]?.key ?? ''}`.trim();
}

function keysSection({ store }: EtcdState): InspectionSection {
  const byResource = new Map<string, number>();
  for (const key of store.keys.keys()) {
    const resource = key
      .split('/')
      .slice(2, key.startsWith('/registry/services/') ? 4 : 3)
      .join('/');
    byResource.set(resource, (byResource.get(resource) ?? 0) + 1);
  }
  return {
    type: 'table',
    title: 'Keys',
    columns: ['/registry/…', 'keys'],
    rows: [...byResource].map(([resource, count]) => [resource, String(count)]),
  };
}
