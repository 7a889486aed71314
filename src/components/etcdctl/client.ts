import type { Address } from '#kernel/types.ts';
import type { EtcdMember, EtcdOperation, EtcdResponse, EtcdResult } from '#protocol/etcd.ts';
import { isSet, type Line } from './flags.ts';
import { Failure, print, type Answer, type Command } from './operations.ts';
import type { EtcdctlInput } from './state.ts';

type Answered = Extract<EtcdResponse, { readonly result: EtcdResult }>;

/** Where minikube and kubeadm keep the certificates of etcd. */
const certificateFolders =
  /^\/(?:var\/lib\/minikube\/certs|etc\/kubernetes\/pki)\/(?:etcd\/(?:ca|server|peer|healthcheck-client)|apiserver-etcd-client)\.(?:crt|key)$/;

/** How a command reaches the members: addresses, and whether they trust each other. */
export interface Connection {
  readonly input: EtcdctlInput;
  readonly line: Line;
  readonly endpoints: readonly string[];
  readonly timeoutMs: number;
  /** Where members said that they are, by their client URLs. */
  readonly known: Map<string, Address>;
}

const failed = (text: string): string =>
  `rpc error: code = DeadlineExceeded desc = latest balancer error: connection error: desc = \\"${text}\\"`;

/** The codes that errors of etcd have (api/v3/v3rpc/rpctypes/error.go). */
const codes: readonly (readonly [words: RegExp, code: string])[] = [
  [/space exceeded/, 'ResourceExhausted'],
  [/compacted|future revision/, 'OutOfRange'],
  [/not found/, 'NotFound'],
  [/timed out|no leader|leader changed|not supported for learner/, 'Unavailable'],
  [/./, 'FailedPrecondition'],
];

export function connectionOf(input: EtcdctlInput, line: Line): Connection {
  const endpoints = (line.flags.get('endpoints') ?? '127.0.0.1:2379').split(',');
  const timeout = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(line.flags.get('command-timeout') ?? '5s');
  if (timeout === null) throw new Failure('invalid argument for "--command-timeout" flag');
  for (const name of ['cacert', 'cert', 'key']) {
    const path = line.flags.get(name);
    if (path !== undefined && !certificateFolders.test(path)) throw new Failure(`open ${path}: no such file or directory`);
  }
  return {
    input,
    line,
    endpoints,
    known: new Map(),
    timeoutMs: Number(timeout[1]) * { ms: 1, s: 1000, m: 60_000 }[timeout[2] as 'ms' | 's' | 'm'],
  };
}

const hostOf = (endpoint: string): string => endpoint.replace(/^https?:\/\//, '').replace(/:\d+$/, '');

/** The process behind an endpoint. */
export function addressOf({ input, known }: Connection, endpoint: string): Address {
  const told = known.get(endpoint);
  if (told !== undefined) return told;
  const given = hostOf(endpoint);
  const host = given === 'localhost' ? '127.0.0.1' : given;
  if (host === '127.0.0.1' && input.names[host] === undefined) return `${input.host}/etcd`;
  return `${input.names[host] ?? host}/etcd`;
}

/** What keeps a connection from coming about before a member is asked anything. */
export function handshake({ line }: Connection, endpoint: string): string | undefined {
  const { flags } = line;
  const encrypted =
    endpoint.startsWith('https://') || (!endpoint.startsWith('http://') && ['cacert', 'cert', 'key'].some((name) => flags.has(name)));
  if (!encrypted) return failed('error reading server preface: EOF');
  if (!flags.has('cacert') && !isSet(line, 'insecure-skip-tls-verify'))
    return failed(
      'transport: authentication handshake failed: tls: failed to verify certificate: x509: certificate signed by unknown authority',
    );
  return undefined;
}

/** Who the client says it is, if it shows a certificate and has its key. */
export const certificateOf = ({ line: { flags } }: Connection): string | undefined =>
  flags.has('cert') && flags.has('key') ? 'etcdctl' : undefined;

function* warn(endpoint: string, method: string, error: string): Command<void> {
  const now = new Date((yield { type: 'now' }) as number).toISOString();
  yield* print(
    `{"level":"warn","ts":"${now}","logger":"etcd-client","caller":"v3@v3.6.16/retry_interceptor.go:65","msg":"retrying of unary invoker failed","target":"etcd-endpoints://0xc00035e000/${endpoint.replace(/^https?:\/\//, '')}","method":"/etcdserverpb.${method}","attempt":0,"error":"${error}"}\n`,
    'stderr',
  );
}

const methods: Readonly<Record<string, string>> = {
  range: 'KV/Range',
  put: 'KV/Put',
  'delete-range': 'KV/DeleteRange',
  compact: 'KV/Compact',
  status: 'Maintenance/Status',
  alarms: 'Maintenance/Alarm',
  alarm: 'Maintenance/Alarm',
  defragment: 'Maintenance/Defragment',
  snapshot: 'Maintenance/Snapshot',
  'move-leader': 'Maintenance/MoveLeader',
  'member-list': 'Cluster/MemberList',
  'member-add': 'Cluster/MemberAdd',
  'member-remove': 'Cluster/MemberRemove',
  'member-promote': 'Cluster/MemberPromote',
};

/** Asks one member; a text is why there is no answer. */
export function* tryAsk(connection: Connection, endpoint: string, operation: EtcdOperation): Command<Answered | string> {
  const method = methods[operation.op] ?? operation.op;
  const broken = handshake(connection, endpoint);
  const { timeoutMs } = connection;
  if (broken !== undefined) {
    yield { type: 'sleep', ms: timeoutMs };
    yield* warn(endpoint, method, broken);
    return 'context deadline exceeded';
  }
  const to = addressOf(connection, endpoint);
  const answer = (yield { type: 'ask', to, certificate: certificateOf(connection), operation, timeoutMs }) as Answer;
  if (answer === 'timeout' || answer === 'refused') {
    const dialled = endpoint.replace(/^https?:\/\//, '').replace('localhost', '127.0.0.1');
    const refused = `transport: Error while dialing: dial tcp ${dialled}: connect: connection refused`;
    yield* warn(
      endpoint,
      method,
      answer === 'refused' ? failed(refused) : 'rpc error: code = DeadlineExceeded desc = context deadline exceeded',
    );
    return 'context deadline exceeded';
  }
  if ('result' in answer) return answer;
  if (answer.error.startsWith('remote error: tls')) {
    // The client goes on trying until its time is over.
    yield { type: 'sleep', ms: timeoutMs };
    yield* warn(endpoint, method, failed(`error reading server preface: ${answer.error}`));
    return 'context deadline exceeded';
  }
  const code = codes.find(([words]) => words.test(answer.error))![1];
  yield* warn(endpoint, method, `rpc error: code = ${code} desc = ${answer.error}`);
  return answer.error;
}

/** Asks the first endpoint, or ends the command. */
export function* ask(connection: Connection, operation: EtcdOperation, endpoint = connection.endpoints[0]!): Command<Answered> {
  const answer = yield* tryAsk(connection, endpoint, operation);
  if (typeof answer === 'string') throw new Failure(answer);
  return answer;
}

export function* members(connection: Connection): Command<{ readonly answer: Answered; readonly members: readonly EtcdMember[] }> {
  const answer = yield* ask(connection, { op: 'member-list' });
  const list = answer.result.op === 'members' ? answer.result.members : [];
  for (const { clientUrl, address } of list) connection.known.set(clientUrl, address);
  return { answer, members: list };
}

/** The endpoints that a command is about: those given, or with `--cluster` those of all members. */
export function* endpointsOf(connection: Connection): Command<readonly string[]> {
  if (!isSet(connection.line, 'cluster')) return connection.endpoints;
  return (yield* members(connection)).members.map(({ clientUrl }) => clientUrl);
}
