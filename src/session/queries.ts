import { holds } from './assertions.ts';
import type { Branch } from './branch.ts';
import { commandShapes } from '#components/kubectl/index.ts';
import { complete, type NameLookup, type TerminalState } from '#components/terminal/index.ts';
import { mayList } from '#components/kube-apiserver/index.ts';
import { summarizeEntry } from './entries.ts';
import { currentKeyspace, storedObjects } from './keyspace.ts';
import { summarizePacket } from './packets.ts';
import { findByPlural, resourcesAt } from './resources.ts';
import { viewAnswers } from './views/provided.ts';
import type { PacketSummary, SessionAnswers, SessionQuery } from './port.ts';

/** Answers a question from a branch's cursor. `save` is the session's own. */
export function answer(
  branch: Branch,
  branches: readonly Branch[],
  query: Exclude<SessionQuery, { readonly type: 'save' }>,
): SessionAnswers[keyof SessionAnswers] {
  switch (query.type) {
    case 'complete':
      return completion(branch, query.terminal, query.line, query.cursor);
    case 'keyspace':
      return keyspace(branch, query);
    case 'packets':
      return packetsBetween(branch, query.from, query.to, query.limit);
    case 'why':
      return branch.history.causes(query.seq).map(summarizeEntry);
    case 'hash':
      return { seq: branch.history.world.seq, hash: String(branch.history.hash) };
    case 'check':
      return query.assertions.map((assertion) => holds(branch.history.world, assertion));
    default:
      return viewAnswers.value(query, branch, branches);
  }
}

/** All of a keyspace's values are megabytes: a list of its keys goes without them. */
function keyspace(
  branch: Branch,
  { prefix, revision, keysOnly }: Extract<SessionQuery, { readonly type: 'keyspace' }>,
): SessionAnswers['keyspace'] {
  const view = currentKeyspace(branch.history.world, prefix, revision);
  return keysOnly === true ? { ...view, keys: view.keys.map((key) => ({ ...key, value: undefined })) } : view;
}

function completion(branch: Branch, terminal: string, line: string, cursor: number): SessionAnswers['complete'] {
  const process = branch.history.world.process(terminal);
  if (process === undefined) return { replaceFrom: cursor, candidates: [] };
  const names: NameLookup = (plural, namespace) => {
    const resource = findByPlural(branch.history.world, plural);
    if (resource === undefined) return [];
    const inNamespace = resource.namespaced && namespace !== undefined ? namespace : '';
    // Names come from the API server, as everything that a kubectl knows: only to whom it would list them, and while it runs.
    const { client } = process.context as TerminalState;
    const server = client === undefined ? undefined : branch.history.world.process(client.server);
    if (client === undefined || server === undefined) return [];
    if (!mayList(server.context, { credential: client.credential, group: resource.group, resource: plural, namespace: inNamespace }))
      return [];
    const prefix = `${resource.storagePrefix}/${inNamespace === '' ? '' : `${inNamespace}/`}`;
    return storedObjects(branch.history.world, prefix).map((object) => object.metadata.name);
  };
  return complete(process.context as TerminalState, line, cursor, names, commandShapes(), resourcesAt(branch.history.world).all);
}

function packetsBetween(branch: Branch, from: number, to: number, limit: number): readonly PacketSummary[] {
  const { history } = branch;
  const found: PacketSummary[] = [];
  for (let seq = history.world.seq; seq > 0 && found.length < limit; seq--) {
    const entry = history.entry(seq);
    if (entry === undefined || entry.at < from) break;
    if (entry.at > to) continue;
    for (let id = entry.firstPacket + entry.packetCount - 1; id >= entry.firstPacket && entry.packetCount > 0; id--) {
      const packet = history.packet(id);
      if (packet !== undefined) found.push(summarizePacket(packet));
    }
  }
  return found.reverse();
}
