import { SortedMap } from '#base/sorted-map.ts';
import type { Mount } from '#protocol/cri.ts';
import type { Container, RuntimeState } from './state.ts';
import type { Write } from './userland/index.ts';

const clean = (path: string): string => path.replace(/\/+$/, '') || '/';

/** A mount with its volume's files under the paths at which the container sees them. */
function* mounted(state: RuntimeState, mount: Mount): Generator<readonly [string, string]> {
  const base = clean(mount.containerPath);
  const { subPath } = mount;
  const files = state.volumes.get(mount.volume) ?? SortedMap.empty<string>();
  if (subPath === undefined || subPath === '') {
    yield [`${base}/`, ''];
    for (const [path, text] of files) yield [`${base}/${path}`, text];
    return;
  }
  const single = files.get(subPath);
  if (single !== undefined) return yield [base, single];
  yield [`${base}/`, ''];
  for (const [path, text] of files) if (path.startsWith(`${subPath}/`)) yield [`${base}/${path.slice(subPath.length + 1)}`, text];
}

/** Everything that a program of the container sees, by absolute path. */
export function filesOf(state: RuntimeState, { files, config }: Container): SortedMap<string> {
  let seen = files;
  for (const [path, text] of config.files) seen = seen.set(path, text);
  for (const mount of config.mounts) for (const [path, text] of mounted(state, mount)) seen = seen.set(path, text);
  return seen;
}

/** Paths below which nothing can be written. */
export const readOnlyPaths = ({ config }: Container): readonly string[] => [
  ...(config.linux.readOnlyRoot ? ['/'] : []),
  ...config.mounts.filter((mount) => mount.readOnly).map((mount) => clean(mount.containerPath)),
];

/** Paths below which everybody can write. */
export const writablePaths = ({ config }: Container): readonly string[] => [
  '/dev',
  ...config.mounts.filter((mount) => !mount.readOnly).map((mount) => clean(mount.containerPath)),
];

/** Carries out what a program has written: into a volume where its path is mounted, else into the container's own files. */
export function write(state: RuntimeState, container: Container, writes: readonly Write[]): RuntimeState {
  let current = state;
  let { files } = container;
  for (const { path, text } of writes) {
    const mount = mountOf(container, path);
    if (mount === undefined) {
      files = text === undefined ? files.delete(path) : files.set(path, text);
      continue;
    }
    const inside = insideOf(mount, path);
    if (inside === '') continue;
    const volume = current.volumes.get(mount.volume) ?? SortedMap.empty<string>();
    const changed = text === undefined ? volume.delete(inside) : volume.set(inside, text);
    current = { ...current, volumes: current.volumes.set(mount.volume, changed) };
  }
  return files === container.files
    ? current
    : { ...current, containers: current.containers.set(container.status.id, { ...container, files }) };
}

/** The innermost mount that a path lies in. */
function mountOf({ config }: Container, path: string): Mount | undefined {
  let found: Mount | undefined;
  for (const mount of config.mounts) {
    const base = clean(mount.containerPath);
    const inside = path === base || path.startsWith(`${base}/`);
    if (inside && (found === undefined || base.length > clean(found.containerPath).length)) found = mount;
  }
  return found;
}

function insideOf(mount: Mount, path: string): string {
  const rest = path.slice(clean(mount.containerPath).length + 1);
  const { subPath = '' } = mount;
  if (subPath === '') return rest;
  return rest === '' ? subPath : `${subPath}/${rest}`;
}
