import type { SortedMap } from '#base/sorted-map.ts';
import type { ProcessView, Write } from './types.ts';

/** A path as an absolute one without `.`, `..` and double slashes. */
export function absolute(cwd: string, path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${cwd}/${path}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

export const baseName = (path: string): string => {
  const plain = path.replace(/\/+$/, '');
  return plain === '' ? path.slice(0, 1) : plain.slice(plain.lastIndexOf('/') + 1);
};

export function directoryName(path: string): string {
  const plain = path.replace(/\/+$/, '');
  const slash = plain.lastIndexOf('/');
  return slash < 0 ? (plain === '' && path !== '' ? '/' : '.') : slash === 0 ? '/' : plain.slice(0, slash).replace(/\/+$/, '');
}

const below = (directory: string): string => (directory === '/' ? '/' : `${directory}/`);

/** Why a file could not be written, in the words of strerror(3). */
export type FileError =
  | 'Permission denied'
  | 'No such file or directory'
  | 'Is a directory'
  | 'Not a directory'
  | 'Read-only file system'
  | 'Directory not empty'
  | 'File exists';

/** The files of a container during one step. Paths are absolute ones. */
export class FileSystem {
  readonly writes: Write[] = [];
  private files: SortedMap<string>;

  constructor(
    private readonly view: ProcessView,
    private readonly uid: number,
  ) {
    this.files = view.files;
  }

  read(path: string): string | undefined {
    return path.endsWith('/') ? undefined : this.files.get(path);
  }

  isDirectory(path: string): boolean {
    if (path === '/') return true;
    const first = this.files.first(below(path));
    return first !== undefined && first[0].startsWith(below(path));
  }

  exists(path: string): boolean {
    return this.read(path) !== undefined || this.isDirectory(path);
  }

  /** The names in a directory, in the order of their bytes. */
  list(directory: string): readonly string[] {
    const prefix = below(directory);
    const names = new Set<string>();
    for (const [path] of this.files.prefixed(prefix)) {
      const rest = path.slice(prefix.length);
      const slash = rest.indexOf('/');
      if (rest !== '') names.add(slash < 0 ? rest : rest.slice(0, slash));
    }
    return [...names].sort((a, b) => (a < b ? -1 : 1));
  }

  write(path: string, text: string): FileError | undefined {
    if (this.isDirectory(path)) return 'Is a directory';
    const problem = this.problemAt(path);
    if (problem === undefined) this.set(path, text);
    return problem;
  }

  /** Adds to a file that has been opened. What was removed meanwhile takes texts that nobody will see. */
  append(path: string, text: string): void {
    const before = this.read(path);
    if (before !== undefined) this.set(path, before + text);
  }

  remove(path: string): FileError | undefined {
    if (this.read(path) === undefined) return this.isDirectory(path) ? 'Is a directory' : 'No such file or directory';
    if (this.isReadOnly(path)) return 'Read-only file system';
    if (this.isForbidden(path)) return 'Permission denied';
    // The directory stays when its last file goes.
    this.keepParent(path);
    this.set(path, undefined);
    return undefined;
  }

  makeDirectory(path: string): FileError | undefined {
    if (this.exists(path)) return 'File exists';
    const problem = this.problemAt(path);
    if (problem === undefined) this.set(`${path}/`, '');
    return problem;
  }

  /** Removes a directory with all that is in it. */
  removeTree(path: string): FileError | undefined {
    if (this.isReadOnly(path)) return 'Read-only file system';
    if (this.isForbidden(path)) return 'Permission denied';
    const found = [...this.files.prefixed(below(path))].map(([key]) => key);
    this.keepParent(path);
    for (const key of found) this.set(key, undefined);
    return undefined;
  }

  private keepParent(path: string): void {
    const parent = directoryName(path);
    if (parent !== '/' && this.files.get(`${parent}/`) === undefined) this.set(`${parent}/`, '');
  }

  private problemAt(path: string): FileError | undefined {
    const parent = directoryName(path);
    if (this.read(parent) !== undefined) return 'Not a directory';
    if (!this.isDirectory(parent)) return 'No such file or directory';
    return this.isReadOnly(path) ? 'Read-only file system' : this.isForbidden(path) ? 'Permission denied' : undefined;
  }

  /** Files belong to root; others have what is mounted, and the folders for everybody. */
  private isForbidden(path: string): boolean {
    if (this.uid === 0) return false;
    return ![...(this.view.writable ?? []), '/tmp', '/var/tmp', '/dev'].some((prefix) => path.startsWith(below(prefix)));
  }

  private isReadOnly(path: string): boolean {
    const longest = (prefixes: readonly string[] | undefined): number =>
      Math.max(
        -1,
        ...(prefixes ?? []).filter((prefix) => path === prefix || path.startsWith(below(prefix))).map((prefix) => prefix.length),
      );
    return longest(this.view.readOnly) > longest(this.view.writable);
  }

  private set(path: string, text: string | undefined): void {
    this.files = text === undefined ? this.files.delete(path) : this.files.set(path, text);
    this.writes.push({ path, text });
  }
}
