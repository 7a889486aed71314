/** A member of an archive; a directory has no text. */
export interface TarEntry {
  readonly path: string;
  readonly text: string | undefined;
}

const block = 512;
const sizes = { name: 100, size: 12, prefix: 155 } as const;
const at = { name: 0, size: 124, checksum: 148, type: 156, prefix: 345 } as const;
const kinds = { file: '0', oldFile: '\0', directory: '5', longName: 'L' } as const;

const widthOf = (code: number): number => (code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4);

/** How many bytes a text has in UTF-8. */
function bytesOf(text: string): number {
  let bytes = 0;
  for (const character of text) bytes += widthOf(character.codePointAt(0)!);
  return bytes;
}

const padded = (text: string, length: number): string => text + '\0'.repeat(Math.max(0, length - bytesOf(text)));
const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, '0')}\0`;

/** A name that is too long for its field goes on in the field for its beginning. */
function splitName(path: string): { readonly name: string; readonly prefix: string } {
  if (bytesOf(path) <= sizes.name) return { name: path, prefix: '' };
  for (let slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
    const name = path.slice(slash + 1);
    if (bytesOf(name) <= sizes.name && slash <= sizes.prefix) return { name, prefix: path.slice(0, slash) };
  }
  return { name: path.slice(-sizes.name), prefix: '' };
}

function header({ path, text }: TarEntry, seconds: number): string {
  const { name, prefix } = splitName(text === undefined ? `${path.replace(/\/$/, '')}/` : path);
  const before = padded(name, sizes.name) + octal(text === undefined ? 0o755 : 0o644, 8) + octal(0, 8) + octal(0, 8);
  const middle = octal(bytesOf(text ?? ''), sizes.size) + octal(seconds, 12);
  const kind = text === undefined ? kinds.directory : kinds.file;
  const after = `${kind}${'\0'.repeat(100)}ustar\u000000${padded('root', 32)}${padded('root', 32)}${octal(0, 8)}${octal(0, 8)}${padded(prefix, sizes.prefix)}`;
  let sum = 8 * 32;
  for (const character of before + middle + after) sum += bytesSum(character.codePointAt(0)!);
  return padded(`${before}${middle}${sum.toString(8).padStart(6, '0')}\0 ${after}`, block);
}

/** The sum of a character's bytes in UTF-8. */
function bytesSum(code: number): number {
  const width = widthOf(code);
  if (width === 1) return code;
  let sum = (0xff00 >> width) & 0xff;
  for (let index = 0, rest = code; index < width; index++, rest >>= 6) sum += index === width - 1 ? rest : 0x80 + (rest & 0x3f);
  return sum;
}

/** An archive as `tar` writes it (POSIX ustar), as a text: its sizes count bytes of UTF-8. @param seconds since the epoch */
export function packTar(entries: readonly TarEntry[], seconds: number): string {
  const members = entries.map((entry) => {
    const { text = '' } = entry;
    return header(entry, seconds) + padded(text, Math.ceil(bytesOf(text) / block) * block);
  });
  return `${members.join('')}${'\0'.repeat(2 * block)}`;
}

/** Where `bytes` further bytes of a text end; undefined where it is shorter. */
function forward(text: string, from: number, bytes: number): number | undefined {
  let index = from;
  let left = bytes;
  while (left > 0) {
    const code = text.codePointAt(index);
    if (code === undefined) return undefined;
    left -= widthOf(code);
    index += code > 0xffff ? 2 : 1;
  }
  return left === 0 ? index : undefined;
}

function field(head: string, start: number, length: number): string {
  const from = forward(head, 0, start)!;
  return head.slice(from, forward(head, from, length)).replace(/\0[^]*$/, '');
}

/** The members of an archive; undefined where it is none, or only a part of one. */
export function unpackTar(archive: string): readonly TarEntry[] | undefined {
  const entries: TarEntry[] = [];
  let longName: string | undefined;
  for (let index = 0; index < archive.length;) {
    const headEnd = forward(archive, index, block);
    if (headEnd === undefined) return undefined;
    const head = archive.slice(index, headEnd);
    if (/^\0*$/.test(head)) return entries;
    const size = Number.parseInt(field(head, at.size, sizes.size).trim() || '0', 8);
    const type = head[forward(head, 0, at.type)!];
    if (!(size >= 0) || !head.includes('ustar')) return undefined;
    const textEnd = forward(archive, headEnd, size);
    const next = textEnd === undefined ? undefined : forward(archive, textEnd, (block - (size % block)) % block);
    if (textEnd === undefined || next === undefined) return undefined;
    const text = archive.slice(headEnd, textEnd);
    const prefix = field(head, at.prefix, sizes.prefix);
    const path = longName ?? `${prefix === '' ? '' : `${prefix}/`}${field(head, at.name, sizes.name)}`;
    longName = type === kinds.longName ? text.replace(/\0+$/, '') : undefined;
    if (type === kinds.directory) entries.push({ path, text: undefined });
    else if (type === kinds.file || type === kinds.oldFile) entries.push({ path, text });
    index = next;
  }
  return entries;
}
