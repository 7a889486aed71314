import { hexDigest } from '#base/random.ts';
import type { ImageKind } from './userland/index.ts';

/** What the simulated registry has of an image, and what a container of it does when nothing else is asked for. */
export interface ImageFacts {
  readonly kind: ImageKind;
  readonly sizeBytes: number;
  readonly pullMs: number;
  /** What runs without `command` and `args`, and where. */
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly workingDir: string;
}

const megabyte = 1_000_000;
const image = (
  kind: ImageKind,
  sizeMb: number,
  command: readonly string[],
  entrypoint: readonly string[] = [],
  workingDir = '/',
): ImageFacts => ({
  kind,
  sizeBytes: sizeMb * megabyte,
  pullMs: 700 + sizeMb * 20,
  entrypoint,
  command,
  workingDir,
});

/** By the repository's full name. */
const images: readonly (readonly [name: RegExp, facts: ImageFacts])[] = [
  [/^docker\.io\/library\/nginx$/, image('nginx', 72, ['nginx', '-g', 'daemon off;'])],
  [/^docker\.io\/library\/redis$/, image('redis', 45, ['redis-server'], [], '/data')],
  [/^docker\.io\/library\/(busybox|alpine)$|\/busybox$/, image('busybox', 2, ['sh'])],
  [/^docker\.io\/library\/(debian|ubuntu|bash)$/, image('debian', 48, ['bash'])],
  [/^docker\.io\/library\/perl$/, image('debian', 60, ['bash'])],
  [/^docker\.io\/library\/python$/, image('other', 50, ['bash'])],
  [/^docker\.io\/library\/httpd$/, image('httpd', 56, ['httpd-foreground'], [], '/usr/local/apache2')],
  [/^docker\.io\/library\/postgres$/, image('other', 150, ['postgres'], ['docker-entrypoint.sh'])],
  [/^docker\.io\/library\/mysql$/, image('other', 190, ['mysqld'], ['docker-entrypoint.sh'])],
  [/^docker\.io\/library\/mariadb$/, image('other', 110, ['mariadbd'], ['docker-entrypoint.sh'])],
  [/^docker\.io\/library\/mongo$/, image('other', 250, ['mongod'], ['docker-entrypoint.sh'])],
  [/^docker\.io\/library\/memcached$/, image('other', 30, ['memcached'], ['docker-entrypoint.sh'])],
  [/^docker\.io\/curlimages\/curl$/, image('other', 9, [], ['curl'])],
  [/^docker\.io\/hashicorp\/http-echo$/, image('other', 5, [], ['http-echo'])],
  [/\/google[-_]samples\/hello-app$/, image('other', 12, ['hello-app'])],
  [/\/google[-_]samples\/kubernetes-bootcamp$/, image('other', 80, ['bootcamp'])],
  [/\/agnhost$/, image('other', 50, ['pause'], ['/agnhost'])],
  [/^docker\.io\/orrery\/webhook$/, image('other', 12, ['admission-webhook'])],
  [/\/echoserver$/, image('other', 45, ['echoserver'])],
  [/^docker\.io\/polinux\/stress$/, image('other', 10, ['stress'])],
  [/\/hpa-example$/, image('other', 160, ['hpa-example'])],
  [/\/serve_hostname$/, image('other', 6, ['agnhost-serve-hostname'])],
  [/^(registry\.k8s\.io|k8s\.gcr\.io|gcr\.io|us-docker\.pkg\.dev)\//, image('other', 30, ['pause'])],
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

export const tagOf = (reference: string): string => partsOf(reference).tag;

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
