import { prefixEnd } from '#base/sorted-map.ts';
import type { EtcdOperation, EtcdSnapshot } from '#protocol/etcd.ts';
import { addressOf, ask, certificateOf, connectionOf, endpointsOf, handshake, members, tryAsk, type Connection } from './client.ts';
import { isSet, parse, type Line } from './flags.ts';
import {
  alarmText,
  bytes,
  duration,
  headerJson,
  kvJson,
  kvText,
  memberRow,
  membersJson,
  memberTitles,
  rowsText,
  statusJson,
  statusRow,
  statusTitles,
  type Style,
} from './format.ts';
import { Failure, print, type Command } from './operations.ts';
import type { EtcdctlInput } from './state.ts';

type Run = (connection: Connection, args: readonly string[]) => Command<void>;

const clusterId = 'cdf818194e3a8c32';

function styleOf({ flags }: Line): Style {
  const style = flags.get('write-out') ?? 'simple';
  if (style === 'simple' || style === 'table' || style === 'json') return style;
  throw new Failure(`unsupported output format: ${style}`);
}

function numberOf({ flags }: Line, name: string): number {
  const value = Number(flags.get(name) ?? 0);
  if (!Number.isInteger(value))
    throw new Failure(
      `invalid argument "${flags.get(name)}" for "--${name}" flag: strconv.ParseInt: parsing "${flags.get(name)}": invalid syntax`,
    );
  return value;
}

/** The keys that a command names: one, those with a prefix, or from one to another. */
function rangeOf(line: Line, [key = '', end]: readonly string[]): { readonly key: string; readonly rangeEnd?: string | undefined } {
  if (isSet(line, 'prefix')) return key === '' ? { key: '\0', rangeEnd: '\uffff' } : { key, rangeEnd: prefixEnd(key) };
  if (isSet(line, 'from-key')) return { key, rangeEnd: '\uffff' };
  return end === undefined ? { key } : { key, rangeEnd: end };
}

function* get(connection: Connection, args: readonly string[]): Command<void> {
  const { line } = connection;
  if (args.length === 0 || args.length > 2)
    throw new Failure('get command needs one argument as key and an optional argument as range_end', 128);
  const keysOnly = isSet(line, 'keys-only');
  const operation: EtcdOperation = {
    op: 'range',
    ...rangeOf(line, args),
    limit: numberOf(line, 'limit'),
    revision: numberOf(line, 'rev'),
    countOnly: isSet(line, 'count-only'),
    serializable: line.flags.get('consistency') === 's',
  };
  const { header, result } = yield* ask(connection, operation);
  if (result.op !== 'range') return;
  if (styleOf(line) === 'json') {
    const kvs = result.kvs.length === 0 ? '' : `,"kvs":[${result.kvs.map((kv) => kvJson(kv, keysOnly)).join(',')}]`;
    return yield* print(
      `{"header":${headerJson(header)}${kvs}${result.more ? ',"more":true' : ''}${result.count > 0 ? `,"count":${result.count}` : ''}}\n`,
    );
  }
  const valuesOnly = isSet(line, 'print-value-only');
  if (result.kvs.length > 0) yield* print(result.kvs.map((kv) => kvText(kv, !valuesOnly, !keysOnly)).join(''));
}

function* put(connection: Connection, [key, value, ...rest]: readonly string[]): Command<void> {
  if (key === undefined || value === undefined || rest.length > 0)
    throw new Failure('put command needs 1 argument and input from stdin or 2 arguments', 128);
  yield* ask(connection, { op: 'put', key, value: stored(value), lease: numberOf(connection.line, 'lease') });
  yield* print('OK\n');
}

/** What is stored is objects: a text that is one becomes one. */
function stored(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : text;
  } catch {
    return text;
  }
}

function* del(connection: Connection, args: readonly string[]): Command<void> {
  if (args.length === 0 || args.length > 2)
    throw new Failure('del command needs one argument as key and an optional argument as range_end', 128);
  const { result } = yield* ask(connection, { op: 'delete-range', ...rangeOf(connection.line, args) });
  yield* print(`${result.op === 'delete-range' ? result.deleted.length : 0}\n`);
}

function* watch(connection: Connection, args: readonly string[]): Command<void> {
  if (args.length === 0) throw new Failure('watch command needs one argument as key or prefix', 128);
  const [endpoint = ''] = connection.endpoints;
  const certificate = certificateOf(connection);
  // A stream that cannot be opened is tried again for ever.
  if (handshake(connection, endpoint) !== undefined || certificate === undefined) yield { type: 'sleep', ms: 3_600_000 };
  const request = { ...rangeOf(connection.line, args), startRevision: numberOf(connection.line, 'rev'), certificate };
  yield { type: 'watch', to: addressOf(connection, endpoint), request, json: styleOf(connection.line) === 'json' };
}

function* memberList(connection: Connection): Command<void> {
  const style = styleOf(connection.line);
  const { answer, members: list } = yield* members(connection);
  yield* print(style === 'json' ? membersJson(answer, list) : rowsText(style, memberTitles, list.map(memberRow)));
}

const hexadecimal = (text: string | undefined, command: string): string => {
  if (text === undefined) throw new Failure('member ID is not provided', 128);
  if (!/^[0-9a-f]{1,16}$/i.test(text))
    throw new Failure(`bad member ID arg (strconv.ParseUint: parsing "${text}": invalid syntax), expecting ID in Hex`, 128);
  return command === '' ? text : text.toLowerCase().replace(/^0+/, '');
};

function* memberAdd(connection: Connection, [name]: readonly string[]): Command<void> {
  const peerUrl = connection.line.flags.get('peer-urls');
  if (name === undefined) throw new Failure('member name not provided', 128);
  if (peerUrl === undefined) throw new Failure('member peer urls not provided', 128);
  const learner = isSet(connection.line, 'learner');
  const { result } = yield* ask(connection, { op: 'member-add', name, peerUrl, learner });
  if (result.op !== 'members') return;
  const cluster = result.members.map((member) => `${member.name}=${member.peerUrl}`).join(',');
  yield* print(
    `Member ${(result.added ?? '').padStart(16)} added${learner ? ' as learner' : ''} to cluster ${clusterId}\n\nETCD_NAME="${name}"\nETCD_INITIAL_CLUSTER="${cluster}"\nETCD_INITIAL_ADVERTISE_PEER_URLS="${peerUrl}"\nETCD_INITIAL_CLUSTER_STATE="existing"\n`,
  );
}

function* memberRemove(connection: Connection, [text]: readonly string[]): Command<void> {
  const id = hexadecimal(text, 'remove');
  yield* ask(connection, { op: 'member-remove', id });
  yield* print(`Member ${id.padStart(16)} removed from cluster ${clusterId}\n`);
}

function* memberPromote(connection: Connection, [text]: readonly string[]): Command<void> {
  const id = hexadecimal(text, 'promote');
  yield* ask(connection, { op: 'member-promote', id });
  yield* print(`Member ${id.padStart(16)} promoted in cluster ${clusterId}\n`);
}

function* endpointStatus(connection: Connection): Command<void> {
  const style = styleOf(connection.line);
  const rows: (readonly string[])[] = [];
  const json: string[] = [];
  let unanswered = false;
  for (const endpoint of yield* endpointsOf(connection)) {
    const answer = yield* tryAsk(connection, endpoint, { op: 'status' });
    if (typeof answer === 'string') {
      unanswered = true;
      yield* print(`Failed to get the status of endpoint ${endpoint} (${answer})\n`, 'stderr');
    } else if (answer.result.op === 'status') {
      rows.push(statusRow(endpoint, answer.header, answer.result));
      json.push(statusJson(endpoint, answer.header, answer.result));
    }
  }
  yield* print(style === 'json' ? `[${json.join(',')}]\n` : rowsText(style, statusTitles, rows));
  if (unanswered) throw new Failure('');
}

/** Whether each member can commit: it reads a key through the group (ep_command.go epHealthCommandFunc). */
function* endpointHealth(connection: Connection): Command<void> {
  const style = styleOf(connection.line);
  const rows: (readonly string[])[] = [];
  let lines = '';
  for (const endpoint of yield* endpointsOf(connection)) {
    const began = (yield { type: 'now' }) as number;
    const answer = yield* tryAsk(connection, endpoint, { op: 'range', key: 'health' });
    const took = duration(((yield { type: 'now' }) as number) - began);
    const error = typeof answer === 'string' ? answer : '';
    rows.push([endpoint, String(error === ''), took, error]);
    lines +=
      error === ''
        ? `${endpoint} is healthy: successfully committed proposal: took = ${took}\n`
        : `${endpoint} is unhealthy: failed to commit proposal: ${error}\n`;
  }
  const json = rows.map(([endpoint, health, took, error]) =>
    JSON.stringify({ endpoint, health: health === 'true', took, ...(error === '' ? {} : { error }) }),
  );
  if (style === 'json') yield* print(`[${json.join(',')}]\n`);
  else yield* print(style === 'table' ? rowsText(style, ['ENDPOINT', 'HEALTH', 'TOOK', 'ERROR'], rows) : lines);
  if (rows.some(([, health]) => health === 'false')) throw new Failure('unhealthy cluster');
}

function* compact(connection: Connection, [text]: readonly string[]): Command<void> {
  if (text === undefined) throw new Failure('compaction command needs 1 argument', 128);
  if (!/^\d+$/.test(text)) throw new Failure(`strconv.ParseInt: parsing "${text}": invalid syntax`);
  yield* ask(connection, { op: 'compact', revision: Number(text) });
  yield* print(`compacted revision ${text}\n`);
}

function* defrag(connection: Connection): Command<void> {
  for (const endpoint of yield* endpointsOf(connection)) {
    const began = (yield { type: 'now' }) as number;
    const answer = yield* tryAsk(connection, endpoint, { op: 'defragment' });
    const took = duration(((yield { type: 'now' }) as number) - began);
    if (typeof answer === 'string') throw new Failure(`Failed to defragment etcd member[${endpoint}]. took ${took}. (${answer})`);
    yield* print(`Finished defragmenting etcd member[${endpoint}]. took ${took}\n`);
  }
}

function* alarmList(connection: Connection): Command<void> {
  const { result } = yield* ask(connection, { op: 'alarms' });
  if (result.op === 'alarms' && result.alarms.length > 0)
    yield* print(result.alarms.map(({ member, alarm }) => `${alarmText(member, alarm)}\n`).join(''));
}

function* alarmDisarm(connection: Connection): Command<void> {
  const { result } = yield* ask(connection, { op: 'alarms' });
  for (const { member, alarm } of result.op === 'alarms' ? result.alarms : []) {
    yield* ask(connection, { op: 'alarm', activate: false, member, alarm });
    yield* print(`${alarmText(member, alarm)}\n`);
  }
}

function* snapshotSave(connection: Connection, [path]: readonly string[]): Command<void> {
  if (path === undefined) throw new Failure('snapshot save expects one argument', 128);
  const { result } = yield* ask(connection, { op: 'snapshot' });
  if (result.op !== 'snapshot') return;
  yield { type: 'write-file', path, content: result };
  yield* print(`Snapshot saved at ${path}\nServer version 3.6.0\n`);
}

/** `etcdutl snapshot status`: what a file holds, without a server. */
function* snapshotStatus({ line }: Connection, [path]: readonly string[]): Command<void> {
  if (path === undefined) throw new Failure('snapshot status requires exactly one argument', 128);
  const file = (yield { type: 'read-file', path }) as EtcdSnapshot | undefined;
  if (file?.op !== 'snapshot') throw new Failure(`stat ${path}: no such file or directory`);
  const rows = [[String(file.revision), String(file.keys), bytes(file.sizeBytes)]];
  yield* print(rowsText(styleOf(line), ['REVISION', 'TOTAL KEYS', 'TOTAL SIZE'], rows));
}

/** The lead is given away by who has it: the endpoints are asked which of them that is (move_leader_command.go). */
function* moveLeader(connection: Connection, [text]: readonly string[]): Command<void> {
  const id = hexadecimal(text, 'move-leader');
  for (const endpoint of connection.endpoints) {
    const { result } = yield* ask(connection, { op: 'status' }, endpoint);
    if (result.op !== 'status' || result.leader !== result.member) continue;
    yield* ask(connection, { op: 'move-leader', id }, endpoint);
    return yield* print(`Leadership transferred from ${result.member} to ${id}\n`);
  }
  throw new Failure(`no leader endpoint given at [${connection.endpoints.join(' ')}]`, 128);
}

function* version({ input }: Connection): Command<void> {
  yield* print(`${input.program} version: 3.6.16\nAPI version: 3.6\n`);
}

const commands: Readonly<Record<string, Run>> = {
  get,
  put,
  del,
  watch,
  compact,
  compaction: compact,
  defrag,
  version,
  'move-leader': moveLeader,
  'member list': memberList,
  'member add': memberAdd,
  'member remove': memberRemove,
  'member promote': memberPromote,
  'endpoint status': endpointStatus,
  'endpoint health': endpointHealth,
  'alarm list': alarmList,
  'alarm disarm': alarmDisarm,
  'snapshot save': snapshotSave,
};
const utilities: Readonly<Record<string, Run>> = { 'snapshot status': snapshotStatus, version };

/** Runs a command line to its exit code. */
export function* runCommand(input: EtcdctlInput): Command<number> {
  const table = input.program === 'etcdctl' ? commands : utilities;
  try {
    const line = parse(input.argv);
    const [first = '', second = ''] = line.words;
    const double = table[`${first} ${second}`];
    const run = double ?? table[first];
    if (run === undefined || isSet(line, 'help')) {
      if (first !== '' && run === undefined) throw new Failure(`unknown command "${first}" for "${input.program}"`);
      yield* print(
        `USAGE:\n\t${input.program} [flags]\n\nCOMMANDS:\n${Object.keys(table)
          .map((name) => `\t${name}\n`)
          .join('')}`,
      );
      return 0;
    }
    yield* run(connectionOf(input, line), line.words.slice(double === undefined ? 1 : 2));
    return 0;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.message !== '') yield* print(`Error: ${error.message}\n`, 'stderr');
    return error.code;
  }
}
