import { SortedMap } from '#base/sorted-map.ts';
import {
  imageFiles,
  resumeProcess,
  signalProcess,
  startProcess,
  type ImageKind,
  type NetAnswer,
  type NetRequest,
  type Need,
  type Process,
  type ProcessView,
  type SignalName,
  type Turn,
} from '../index.ts';

/** A world of one container for tests: it does what a runtime does with turns. */
export interface Drive {
  process: Process;
  files: SortedMap<string>;
  now: number;
  need: Need;
  memoryBytes: number;
  out: string;
  err: string;
  /** Both, in order. */
  log: string;
  readonly needs: string[];
  readonly requests: NetRequest[];
}

export interface DriveOptions {
  readonly image?: ImageKind;
  readonly tag?: string;
  readonly env?: readonly (readonly [string, string])[];
  readonly files?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly pid?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly groups?: readonly number[];
  readonly cwd?: string;
  readonly readOnly?: readonly string[];
  readonly writable?: readonly string[];
  readonly net?: (request: NetRequest) => NetAnswer;
}

export const startTime = Date.UTC(2026, 10, 24, 2, 53, 6);
const usualEnv: readonly (readonly [string, string])[] = [
  ['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
  ['HOSTNAME', 'web-0'],
  ['HOME', '/root'],
];

export const viewOf = (drive: Pick<Drive, 'files' | 'now'>, { readOnly, writable }: DriveOptions = {}): ProcessView => ({
  files: drive.files,
  now: drive.now,
  hostname: 'web-0',
  ip: '10.244.0.7',
  readOnly,
  writable,
});

export function take(drive: Drive, turn: Turn): void {
  for (const { path, text } of turn.writes) drive.files = text === undefined ? drive.files.delete(path) : drive.files.set(path, text);
  for (const { stream, text } of turn.output) {
    if (stream === 'stdout') drive.out += text;
    else drive.err += text;
    drive.log += text;
  }
  // What is kept has to survive being written down.
  drive.process = JSON.parse(JSON.stringify(turn.process)) as Process;
  drive.need = turn.need;
  drive.memoryBytes = turn.memoryBytes;
  drive.needs.push(turn.need.type === 'sleep' ? `sleep ${turn.need.ms}` : turn.need.type);
}

export function start(argv: readonly string[], options: DriveOptions = {}): Drive {
  const image = options.image ?? 'busybox';
  const files = SortedMap.from([...imageFiles(image), ...Object.entries(options.files ?? {})]);
  const base = { files, now: startTime };
  const turn = startProcess(
    {
      argv,
      env: options.env ?? usualEnv,
      cwd: options.cwd ?? '/',
      image,
      tag: options.tag,
      stdin: options.stdin,
      pid: options.pid,
      uid: options.uid,
      gid: options.gid,
      groups: options.groups,
    },
    viewOf(base, options),
  );
  if ('error' in turn) throw new Error(`${turn.program}: ${turn.error}`);
  const drive: Drive = {
    ...base,
    process: turn.process,
    need: turn.need,
    memoryBytes: 0,
    out: '',
    err: '',
    log: '',
    needs: [],
    requests: [],
  };
  take(drive, turn);
  return drive;
}

/** Runs until it ends, waits for ever, or the time is over. */
export function proceed(drive: Drive, ms: number, options: DriveOptions = {}): Drive {
  const end = drive.now + ms;
  for (let turns = 0; turns < 10_000; turns++) {
    const { need } = drive;
    if (need.type === 'request') {
      drive.requests.push(need.request);
      take(
        drive,
        resumeProcess(drive.process, options.net?.(need.request) ?? { type: 'failed', failure: 'bad-address' }, viewOf(drive, options)),
      );
    } else if ('ms' in need && need.ms !== undefined && drive.now + need.ms <= end) {
      drive.now += need.ms;
      take(drive, resumeProcess(drive.process, undefined, viewOf(drive, options)));
    } else break;
  }
  if (drive.need.type !== 'exit') drive.now = Math.max(drive.now, end);
  return drive;
}

export function signal(drive: Drive, name: SignalName): void {
  take(drive, signalProcess(drive.process, name, viewOf(drive)));
}

export const run = (argv: readonly string[], options: DriveOptions = {}, ms = 3_600_000): Drive =>
  proceed(start(argv, options), ms, options);
export const sh = (script: string, options: DriveOptions = {}, ms?: number): Drive => run(['sh', '-c', script], options, ms);
export const codeOf = (drive: Drive): number | undefined => (drive.need.type === 'exit' ? drive.need.code : undefined);
