import { encodeBase64 } from '#base/base64.ts';
import type { EtcdEvent, EtcdHeader, EtcdMember, EtcdResponse, EtcdStatus, KeyValue } from '#protocol/etcd.ts';

/** A stored object is shown as JSON; upstream it is protobuf behind `k8s`. */
const valueText = (value: unknown): string => (typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value));

/** A key, and its value on the next line (ctlv3/command/util.go printKV). */
export const kvText = (kv: KeyValue, keys = true, values = true): string =>
  (keys ? `${kv.key}\n` : '') + (keys && !values ? '\n' : values ? `${valueText(kv.value)}\n` : '');

export const eventText = ({ type, kv }: EtcdEvent): string => `${type}\n${kvText(kv)}`;

const decimal = (id: string): string => BigInt(`0x${id === '' ? '0' : id}`).toString();

export const headerJson = (header: EtcdHeader): string => `{"revision":${header.revision},"raft_term":${header.raftTerm}}`;

export function kvJson(kv: KeyValue, keysOnly = false): string {
  const value = keysOnly ? '' : `,"value":"${encodeBase64(valueText(kv.value))}"`;
  return `{"key":"${encodeBase64(kv.key)}","create_revision":${kv.createRevision},"mod_revision":${kv.modRevision},"version":${kv.version}${value}}`;
}

/** Sizes as go-humanize says them. */
export function bytes(size: number): string {
  if (size < 10) return `${size} B`;
  const power = Math.min(4, Math.floor(Math.log10(size) / 3));
  const value = Math.floor((size / 1000 ** power) * 10 + 0.5) / 10;
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ${['B', 'kB', 'MB', 'GB', 'TB'][power]}`;
}

/** Durations as Go says them. */
export const duration = (ms: number): string =>
  ms < 1 ? `${Math.round(ms * 1000)}µs` : ms < 1000 ? `${Number(ms.toFixed(3))}ms` : `${ms / 1000}s`;

/** A table as the library draws it that etcdctl uses: titles in the middle, values at the right. */
export function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = titles.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const rule = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+\n`;
  const centred = (text: string, width: number): string => {
    const before = Math.floor((width - text.length) / 2);
    return ' '.repeat(before) + text + ' '.repeat(width - text.length - before);
  };
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  const head = line(titles.map((title, column) => centred(title, widths[column]!)));
  return (
    rule +
    head +
    rule +
    rows.map((row) => line(row.map((cell, column) => cell.padStart(widths[column]!)))).join('') +
    (rows.length > 0 ? rule : '')
  );
}

export type Style = 'simple' | 'table' | 'json';

/** Rows as `-w` asks for them. */
export function rowsText(style: Style, titles: readonly string[], rows: readonly (readonly string[])[]): string {
  return style === 'table' ? table(titles, rows) : rows.map((row) => `${row.join(', ')}\n`).join('');
}

export const memberTitles = ['ID', 'STATUS', 'NAME', 'PEER ADDRS', 'CLIENT ADDRS', 'IS LEARNER'];
export const memberRow = ({ id, name, peerUrl, clientUrl, learner, started }: EtcdMember): readonly string[] => [
  id,
  started ? 'started' : 'unstarted',
  started ? name : '',
  peerUrl,
  started ? clientUrl : '',
  String(learner),
];

export const statusTitles = [
  'ENDPOINT',
  'ID',
  'VERSION',
  'STORAGE VERSION',
  'DB SIZE',
  'IN USE',
  'PERCENTAGE NOT IN USE',
  'QUOTA',
  'IS LEADER',
  'IS LEARNER',
  'RAFT TERM',
  'RAFT INDEX',
  'RAFT APPLIED INDEX',
  'ERRORS',
  'DOWNGRADE TARGET VERSION',
  'DOWNGRADE ENABLED',
];
export function statusRow(endpoint: string, { raftTerm }: EtcdHeader, status: EtcdStatus): readonly string[] {
  const { member, version, dbSizeBytes, dbInUseBytes, quotaBytes, leader, learner, raftIndex, appliedIndex, errors } = status;
  return [
    endpoint,
    member,
    version,
    version.replace(/\d+$/, '0'),
    bytes(dbSizeBytes),
    bytes(dbInUseBytes),
    `${Math.floor((1 - dbInUseBytes / dbSizeBytes) * 100)}%`,
    bytes(quotaBytes),
    String(leader === member),
    String(learner),
    String(raftTerm),
    String(raftIndex),
    String(appliedIndex),
    errors.join(', '),
    '',
    'false',
  ];
}

export function statusJson(endpoint: string, header: EtcdHeader, status: EtcdStatus): string {
  const { member, version, dbSizeBytes, dbInUseBytes, leader, raftIndex, appliedIndex, errors } = status;
  const rest = errors.length === 0 ? '' : `,"errors":${JSON.stringify(errors)}`;
  return (
    `{"Endpoint":${JSON.stringify(endpoint)},"Status":{"header":{"member_id":${decimal(member)},"revision":${header.revision},"raft_term":${header.raftTerm}},` +
    `"version":"${version}","dbSize":${dbSizeBytes},"leader":${decimal(leader)},"raftIndex":${raftIndex},"raftTerm":${header.raftTerm},` +
    `"raftAppliedIndex":${appliedIndex}${rest},"dbSizeInUse":${dbInUseBytes},"storageVersion":"${version.replace(/\d+$/, '0')}"}}`
  );
}

export function membersJson({ header }: EtcdResponse, members: readonly EtcdMember[]): string {
  const shown = members.map(
    ({ id, name, peerUrl, clientUrl, learner }) =>
      `{"ID":${decimal(id)},"name":"${name}","peerURLs":["${peerUrl}"],"clientURLs":["${clientUrl}"]${learner ? ',"isLearner":true' : ''}}`,
  );
  return `{"header":${headerJson(header)},"members":[${shown.join(',')}]}\n`;
}

export const alarmText = (member: string, alarm: string): string => `memberID:${decimal(member)} alarm:${alarm} `;
