import { hexDigest } from '#base/random.ts';

/** What the simulated registry has, and what a container of each image does. */
export interface ImageFacts {
  readonly sizeBytes: number;
  readonly pullMs: number;
  /** Serves until it is stopped, or runs its command and exits. */
  readonly behaviour: 'serves' | 'command';
  readonly log: readonly string[];
}

const megabyte = 1_000_000;
const images: readonly (readonly [name: RegExp, facts: ImageFacts])[] = [
  [
    /^(docker\.io\/(library\/)?)?nginx$/,
    {
      sizeBytes: 72 * megabyte,
      pullMs: 2400,
      behaviour: 'serves',
      log: ['/docker-entrypoint.sh: Configuration complete; ready for start up', 'start worker processes'],
    },
  ],
  [
    /^(docker\.io\/(library\/)?)?redis$/,
    { sizeBytes: 45 * megabyte, pullMs: 1800, behaviour: 'serves', log: ['Ready to accept connections tcp'] },
  ],
  [
    /^(docker\.io\/(library\/)?)?(httpd|postgres|mysql|mongo)$/,
    { sizeBytes: 120 * megabyte, pullMs: 3200, behaviour: 'serves', log: ['ready for connections'] },
  ],
  [/^(docker\.io\/(library\/)?)?(busybox|alpine|ubuntu|debian)$/, { sizeBytes: 2 * megabyte, pullMs: 700, behaviour: 'command', log: [] }],
  [/^registry\.k8s\.io\//, { sizeBytes: 30 * megabyte, pullMs: 900, behaviour: 'serves', log: [] }],
  [/^gcr\.io\//, { sizeBytes: 30 * megabyte, pullMs: 900, behaviour: 'serves', log: [] }],
];
/** Tags that the registry does not have of images that it has. */
const knownTag = /^(latest|alpine|stable|\d[\w.-]*|v\d[\w.-]*)$/;

/** A reference with the registry and the tag that containerd takes where none are given. */
export function fullName(reference: string): string {
  const { name, tag } = partsOf(reference);
  return `${name}:${tag}`;
}

/** The digest by which an image is known once it is on a node. */
export const imageRef = (reference: string): string => `${partsOf(reference).name}@sha256:${hexDigest(reference, 64)}`;

function partsOf(reference: string): { readonly name: string; readonly tag: string } {
  const colon = reference.lastIndexOf(':');
  const tagged = colon > reference.lastIndexOf('/');
  const [name, tag] = tagged ? [reference.slice(0, colon), reference.slice(colon + 1)] : [reference, 'latest'];
  const [first = ''] = name.split('/');
  if (!name.includes('/')) return { name: `docker.io/library/${name}`, tag };
  return { name: /[.:]|^localhost$/.test(first) ? name : `docker.io/${name}`, tag };
}

export type Lookup = { readonly found: ImageFacts } | { readonly error: string; readonly code: 'NotFound' | 'Unauthenticated' };

/** Looks an image up in the registry; the errors are containerd's. */
export function findImage(reference: string): Lookup {
  const colon = reference.lastIndexOf(':');
  const tagged = colon > reference.lastIndexOf('/');
  const [name, tag] = tagged ? [reference.slice(0, colon), reference.slice(colon + 1)] : [reference, 'latest'];
  const full = name.includes('/') ? name : `docker.io/library/${name}`;
  const facts = images.find(([pattern]) => pattern.test(name))?.[1];
  if (facts === undefined) {
    return {
      error: `failed to pull and unpack image "${full}:${tag}": failed to resolve reference "${full}:${tag}": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`,
      code: 'Unauthenticated',
    };
  }
  if (!knownTag.test(tag))
    return {
      error: `failed to pull and unpack image "${full}:${tag}": failed to resolve reference "${full}:${tag}": ${full}:${tag}: not found`,
      code: 'NotFound',
    };
  return { found: facts };
}

/** What a command does: how long it runs, what it prints, and how it ends. A tiny shell: echo, sleep, exit, true, false. */
export function runCommand(
  command: readonly string[],
): { readonly afterMs: number; readonly code: number; readonly log: readonly string[] } | undefined {
  const script = command[0] === 'sh' || command[0] === '/bin/sh' ? (command[2] ?? '') : command.join(' ');
  if (script === '' || script === 'sh') return { afterMs: 0, code: 0, log: [] };
  if (/\b(while|tail -f|sleep infinity)\b/.test(script)) return undefined;
  let afterMs = 5;
  let code = 0;
  const log: string[] = [];
  for (const part of script.split(/;|&&|\n/).map((text) => text.trim())) {
    const [word = '', ...rest] = part.split(/\s+/);
    if (word === 'echo') log.push(rest.join(' ').replace(/^["']|["']$/g, ''));
    else if (word === 'sleep') afterMs += Number(rest[0] ?? 0) * 1000;
    else if (word === 'exit') return { afterMs, code: Number(rest[0] ?? 0), log };
    else if (word === 'false') code = 1;
    else if (word !== 'true' && word !== 'date' && word !== 'env' && word !== '') code = 127;
  }
  return { afterMs, code, log };
}
