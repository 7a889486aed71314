import { absolute, baseName } from '../files.ts';
import type { Task } from '../state.ts';
import type { System } from '../system.ts';
import type { ImageKind, StartFailure } from '../types.ts';
import { basicPrograms } from './basic.ts';
import { databases } from './databases.ts';
import { filePrograms } from './file-programs.ts';
import { kill, killByName } from './kill.ts';
import { networkPrograms } from './network.ts';
import { nginx } from './nginx.ts';
import { nginxWorker } from './nginx-proxy.ts';
import { exit, type Program } from './program.ts';
import { samplePrograms } from './samples.ts';
import { redisCli, redisServer } from './redis.ts';
import { tar } from './tar.ts';
import { testProgram } from './test.ts';
import { textPrograms } from './text.ts';

/** All programs by name. */
export const programs: Readonly<Record<string, Program | undefined>> = {
  ...basicPrograms,
  ...filePrograms,
  ...networkPrograms,
  ...textPrograms,
  ...samplePrograms,
  ...databases,
  '[': testProgram,
  '[[': testProgram,
  kill,
  killall: killByName,
  nginx,
  'nginx: worker process': nginxWorker,
  pkill: killByName,
  'redis-cli': redisCli,
  'redis-server': redisServer,
  tar,
  test: testProgram,
  // An image's entry point that only sets things up, and becomes what it was given.
  'docker-entrypoint.sh': { run: (call) => (call.args.length > 0 ? { type: 'exec', argv: call.args } : exit(0)) },
};

/** Those that a shell runs without a process of their own. */
export const builtinPrograms: ReadonlySet<string> = new Set(['[', '[[', 'echo', 'false', 'printf', 'pwd', 'test', 'true']);

const only = (directory: string, ...images: readonly ImageKind[]) => ({ images: [...images, 'other' as const], directory });
const shells = new Set(['sh', 'ash', 'bash']);
/** Programs that not every image has. */
const special: Readonly<Record<string, { readonly images: readonly ImageKind[]; readonly directory: string } | undefined>> = {
  bash: only('/bin', 'nginx', 'redis', 'debian', 'httpd'),
  curl: only('/usr/bin', 'nginx'),
  nginx: only('/usr/sbin', 'nginx'),
  'redis-cli': only('/usr/local/bin', 'redis'),
  'redis-server': only('/usr/local/bin', 'redis'),
  'docker-entrypoint.sh': only('/', 'nginx', 'redis'),
  ...Object.fromEntries([...Object.keys(databases), 'echoserver'].map((name) => [name, only('/usr/bin')])),
  agnhost: only('/'),
  'agnhost-liveness': only('/'),
  'agnhost-netexec': only('/'),
  'agnhost-serve-hostname': only('/'),
  'agnhost-webhook': only('/'),
  'admission-webhook': only('/'),
  bootcamp: only('/'),
  'hello-app': only('/'),
  'hpa-example': only('/'),
  'http-echo': only('/'),
  httpd: only('/bin', 'busybox', 'httpd'),
  'httpd-foreground': only('/usr/local/bin', 'httpd'),
  pause: only('/'),
  stress: only('/usr/local/bin'),
  perl: only('/usr/bin', 'debian', 'nginx', 'httpd'),
  python3: only('/usr/bin'),
  nslookup: only('/bin', 'busybox', 'nginx', 'redis'),
  nc: only('/bin', 'busybox', 'nginx', 'redis'),
  ping: only('/bin', 'busybox', 'nginx', 'redis'),
  wget: only('/bin', 'busybox', 'nginx', 'redis'),
};
const searched = ['/bin', '/sbin', '/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin', '/'];

export interface Resolved {
  readonly name: string;
  readonly shell: boolean;
  /** With an interpreter in front, where the file names one. */
  readonly argv: readonly string[];
  readonly path: string;
}

/** Finds a program as execvp(3) does: in the image, or a script among the files. */
export function resolve(system: System, task: Task, argv: readonly string[]): Resolved | StartFailure {
  const [program = ''] = argv;
  if (program === 'busybox' && argv.length > 1) return resolve(system, task, argv.slice(1));
  const name = baseName(program);
  const path = absolute(task.cwd, program);
  // What has a blank in its name is a part of another program.
  const known = shells.has(name) || (programs[name] !== undefined && !name.includes(' '));
  const image = special[name]?.images;
  const installed = known && (image === undefined || image.includes(system.process.image));
  if (installed && (!program.includes('/') || searched.includes(path.slice(0, Math.max(1, path.lastIndexOf('/'))))))
    return { name, shell: shells.has(name), argv, path: `${special[name]?.directory ?? '/bin'}/${name}`.replace('//', '/') };
  return program.includes('/') ? script(system, task, argv, path) : { error: 'not-found', program };
}

/** A file that says who is to interpret it. */
function script(system: System, task: Task, argv: readonly string[], path: string): Resolved | StartFailure {
  const [program = '', ...args] = argv;
  const text = system.files.read(path);
  if (text === undefined) return { error: system.files.isDirectory(path) ? 'permission-denied' : 'not-found', program };
  const [interpreter = '', option] = /^#!\s*(.*)/.exec(text)?.[1]?.trim().split(/\s+/) ?? [];
  if (interpreter === '') return { error: 'permission-denied', program };
  const through = baseName(interpreter) === 'env' ? [option ?? ''] : [interpreter, ...(option === undefined ? [] : [option])];
  const found = resolve(system, task, [...through, path, ...args]);
  return 'error' in found ? { error: 'not-found', program } : { ...found, path };
}
