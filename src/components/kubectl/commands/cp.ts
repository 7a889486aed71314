import { packTar, unpackTar, type TarEntry } from '#base/tar.ts';
import type { Context } from '../context.ts';
import { CommandError } from '../errors.ts';
import { currentTime, saveFile, type Command } from '../operations.ts';
import { podOf, type ApiPod } from '../pods.ts';
import { chooseContainer } from './logs.ts';
import { finishRemote, runRemote } from './remote.ts';

/** `[[namespace/]pod:]path` */
interface Place {
  readonly namespace: string | undefined;
  readonly pod: string | undefined;
  readonly path: string;
}

/** kubectl/pkg/cmd/cp/cp.go, extractFileSpec */
function placeOf(text: string): Place {
  const colon = text.indexOf(':');
  if (colon === 0) throw new CommandError('filespec must match the canonical format: [[namespace/]pod:]file/path');
  if (colon < 0) return { namespace: undefined, pod: undefined, path: text };
  const parts = text.slice(0, colon).split('/');
  const path = text.slice(colon + 1);
  if (parts.length > 2) throw new CommandError('filespec must match the canonical format: [[namespace/]pod:]file/path');
  return parts.length === 2 ? { namespace: parts[0], pod: parts[1], path } : { namespace: undefined, pod: parts[0], path };
}

const localPath = (path: string): string => path.replace(/^(?:~\/|\.\/|\/root\/)+/, '');
const baseOf = (path: string): string => path.replace(/\/+$/, '').split('/').at(-1) ?? '';
const parentOf = (path: string): string => path.replace(/\/+$/, '').replace(/\/?[^/]*$/, '');

/** `kubectl cp`: an archive through `tar` in the container. */
export function* cpCommand(context: Context): Command<void> {
  const { args } = context;
  if (args.length !== 2) throw new CommandError('source and destination are required');
  const [from, to] = [placeOf(args[0]!), placeOf(args[1]!)];
  if (from.pod !== undefined && to.pod !== undefined) throw new CommandError('one of src or dest must be a local file specification');
  if (from.path === '' || to.path === '') throw new CommandError('filepath can not be empty');
  if (from.pod !== undefined) return yield* fromPod(context, from, to.path);
  if (to.pod !== undefined) return yield* toPod(context, from.path, to);
  throw new CommandError('one of src or dest must be a remote file specification');
}

interface Target {
  readonly pod: ApiPod;
  readonly container: string;
}

function* targetOf(context: Context, { namespace, pod }: Place): Command<Target> {
  const [found] = yield* podOf(namespace === undefined ? context : { ...context, namespace }, pod!);
  const phase = found?.status?.phase ?? '';
  if (phase === 'Succeeded' || phase === 'Failed')
    throw new CommandError(`cannot exec into a container in a completed pod; current phase is ${phase}`);
  return { pod: found!, container: yield* chooseContainer(found!, context.flags.text('container')) };
}

function* run(context: Context, target: Target, command: readonly string[], text?: string): Command<string> {
  const ending = yield* runRemote(context, { ...target, subresource: 'exec', command, stdin: text !== undefined, tty: false, text }, false);
  yield* finishRemote(ending);
  return ending.stdout;
}

/** The files of the workspace that a path names: one, or all below it. */
function localEntries(context: Context, path: string, name: string): readonly TarEntry[] {
  const plain = localPath(path).replace(/\/+$/, '');
  const files = Object.entries(context.input.files ?? {});
  const here = plain === '' || plain === '.';
  const own = files.find(([file]) => file === plain);
  if (own !== undefined) return [{ path: name, text: own[1] }];
  const below = files.filter(([file]) => here || file.startsWith(`${plain}/`));
  return below.map(([file, text]) => ({ path: `${name}/${here ? file : file.slice(plain.length + 1)}`, text }));
}

function* toPod(context: Context, path: string, to: Place): Command<void> {
  if (localEntries(context, path, '').length === 0) throw new CommandError(`${path} doesn't exist in local filesystem`);
  const target = yield* targetOf(context, to);
  const isDirectory = yield* succeeds(context, target, ['test', '-d', to.path]);
  const place = isDirectory ? `${to.path.replace(/\/+$/, '')}/${baseOf(path)}` : to.path;
  const seconds = Math.floor((yield* currentTime()) / 1000);
  const archive = packTar(localEntries(context, path, baseOf(place)), seconds);
  const options = context.flags.boolean('no-preserve') ? ['--no-same-permissions', '--no-same-owner', '-xmf'] : ['-xmf'];
  const folder = place.startsWith('/') && parentOf(place) === '' ? '/' : parentOf(place);
  yield* run(context, target, ['tar', ...options, '-', ...(folder === '' ? [] : ['-C', folder])], archive);
}

function* succeeds(context: Context, target: Target, command: readonly string[]): Command<boolean> {
  const { status } = yield* runRemote(context, { ...target, subresource: 'exec', command, stdin: false, tty: false }, false);
  return (status as { readonly status?: string } | undefined)?.status === 'Success';
}

function* fromPod(context: Context, from: Place, path: string): Command<void> {
  const target = yield* targetOf(context, from);
  const entries = unpackTar(yield* run(context, target, ['tar', 'cf', '-', from.path]));
  if (entries === undefined) throw new CommandError('tar contents corrupted');
  const prefix = from.path.replace(/^\/+/, '').replace(/\/+$/, '');
  const plain = localPath(path).replace(/\/+$/, '');
  for (const entry of entries) {
    if (entry.text === undefined) continue;
    const rest = entry.path.slice(prefix.length).replace(/^\/+/, '');
    const file = [plain === '.' ? '' : plain, rest].filter((part) => part !== '').join('/');
    if (file === '') throw new CommandError(`open ${path}: is a directory`);
    yield* saveFile(file, entry.text);
  }
}
