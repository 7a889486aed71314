import { hexDigest } from '#base/random.ts';
import type { ImageKind, Listener } from './userland/index.ts';

/** What the simulated registry has of an image, and what a container of it does when nothing else is asked for. */
export interface ImageFacts {
  readonly kind: ImageKind;
  readonly sizeBytes: number;
  readonly pullMs: number;
  /** What runs without `command` and `args`. Empty where the image is a server that is known only by its ports. */
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly listeners: readonly Listener[];
  readonly log: readonly string[];
}

const megabyte = 1_000_000;
const none = { entrypoint: [], command: [], listeners: [], log: [] } as const;
const server = (sizeMb: number, port: number, protocol: Listener['protocol'], log: string): ImageFacts => ({
  ...none,
  kind: 'other',
  sizeBytes: sizeMb * megabyte,
  pullMs: 800 + sizeMb * 20,
  listeners: [{ port, protocol }],
  log: [log],
});
const shell = (kind: ImageKind, sizeMb: number, command: string): ImageFacts => ({
  ...none,
  kind,
  sizeBytes: sizeMb * megabyte,
  pullMs: 600 + sizeMb * 20,
  command: [command],
});
const system: ImageFacts = { ...none, kind: 'other', sizeBytes: 30 * megabyte, pullMs: 900, command: ['pause'] };

/** By the repository's full name. */
const images: readonly (readonly [name: RegExp, facts: ImageFacts])[] = [
  [
    /^docker\.io\/library\/nginx$/,
    { ...none, kind: 'nginx', sizeBytes: 72 * megabyte, pullMs: 2400, command: ['nginx', '-g', 'daemon off;'] },
  ],
  [/^docker\.io\/library\/redis$/, { ...none, kind: 'redis', sizeBytes: 45 * megabyte, pullMs: 1800, command: ['redis-server'] }],
  [/^docker\.io\/library\/(busybox|alpine)$/, shell('busybox', 2, 'sh')],
  [/^docker\.io\/library\/(debian|ubuntu)$/, shell('debian', 48, 'bash')],
  [/^docker\.io\/library\/perl$/, shell('debian', 60, 'bash')],
  [/^docker\.io\/library\/httpd$/, server(56, 80, 'http', 'AH00094: Command line: httpd -D FOREGROUND')],
  [/^docker\.io\/library\/postgres$/, server(150, 5432, 'tcp', 'database system is ready to accept connections')],
  [/^docker\.io\/library\/(mysql|mariadb)$/, server(190, 3306, 'tcp', 'ready for connections. Version: 8.4  port: 3306')],
  [/^docker\.io\/library\/mongo$/, server(250, 27017, 'tcp', 'Waiting for connections')],
  [/^docker\.io\/library\/memcached$/, server(30, 11211, 'tcp', '')],
  [/^registry\.k8s\.io\/echoserver$/, server(45, 8080, 'http', '')],
  [/^(registry\.k8s\.io|gcr\.io|us-docker\.pkg\.dev)\//, system],
];

/** Tags that the registry has of the images that it has. */
const tags: readonly (readonly [name: RegExp, tag: RegExp])[] = [
  [
    /\/nginx$/,
    /^(latest|stable|mainline|alpine|perl|1|1\.(7\.9|14\.2|16\.1|19(\.\d+)?|2\d(\.\d+)?)(-alpine|-perl)?|(stable|mainline)-alpine)$/,
  ],
  [/\/busybox$/, /^(latest|stable|glibc|musl|1|1\.(2[0-9]|3[0-7])(\.\d)?)(-glibc|-musl)?$/],
  [/\/redis$/, /^(latest|alpine|[678]|[678]\.\d(\.\d+)?)(-alpine)?$/],
];
const anyTag = /^(latest|alpine|stable|\d[\w.-]*|v\d[\w.-]*)$/;

export interface Reference {
  readonly name: string;
  readonly tag: string;
}

/** A reference with the registry and the tag that containerd takes where none are given. */
function partsOf(reference: string): Reference {
  const colon = reference.lastIndexOf(':');
  const tagged = colon > reference.lastIndexOf('/');
  const [name, tag] = tagged ? [reference.slice(0, colon), reference.slice(colon + 1)] : [reference, 'latest'];
  const [first = ''] = name.split('/');
  if (!name.includes('/')) return { name: `docker.io/library/${name}`, tag };
  return { name: /[.:]|^localhost$/.test(first) ? name : `docker.io/${name}`, tag };
}

export function fullName(reference: string): string {
  const { name, tag } = partsOf(reference);
  return `${name}:${tag}`;
}

/** The digest by which an image is known once it is on a node. */
export const imageRef = (reference: string): string => `${partsOf(reference).name}@sha256:${hexDigest(reference, 64)}`;

/** What is wrong with a reference; undefined for one that can be read (distribution/reference). */
export function invalidReference(reference: string): string | undefined {
  const well = /^[a-z0-9]+([._-]+[a-z0-9]+)*(:\d+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/;
  if (well.test(reference)) return undefined;
  return /[A-Z]/.test(reference.split(':')[0] ?? '')
    ? 'invalid reference format: repository name must be lowercase'
    : 'invalid reference format';
}

/** What is known of an image that is on a node, whatever its tag. */
export function factsOf(reference: string): ImageFacts | undefined {
  const { name } = partsOf(reference);
  return images.find(([pattern]) => pattern.test(name))?.[1];
}

export type Lookup = { readonly found: ImageFacts } | { readonly error: string; readonly code: 'NotFound' | 'Unauthenticated' };

/** Looks an image up in the registry; the errors are containerd's. */
export function findImage(reference: string): Lookup {
  const { name, tag } = partsOf(reference);
  const facts = factsOf(reference);
  const failed = `failed to pull and unpack image "${name}:${tag}": failed to resolve image: `;
  if (facts === undefined)
    return {
      error: `${failed}pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`,
      code: 'Unauthenticated',
    };
  const known = tags.find(([pattern]) => pattern.test(name))?.[1] ?? anyTag;
  return known.test(tag)
    ? { found: facts }
    : { error: `rpc error: code = NotFound desc = ${failed}${name}:${tag}: not found`, code: 'NotFound' };
}
