import { isObject, type Json } from '#base/json.ts';
import { parseApiVersion, type KubeObject } from '#api/object.ts';
import { builtInResources } from '#api/resources/catalog.ts';
import type { Credential, HttpMethod } from '#protocol/rest.ts';
import { ApiServer } from '../support/api-server.ts';

/** One finished request of a recording: who asked what, and what the real server answered. */
export interface Pair {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly user: string;
  readonly agent: string;
  readonly verb: string;
  readonly uri: string;
  readonly code: number;
  readonly request?: Json;
  /** Why the answer is not compared; the request is made all the same. */
  readonly apart?: string;
  /** The media type of a patch, where a command names it. */
  readonly type?: string;
  /** The body; where it was not recorded, the reason and the message of the failure. */
  readonly response?: Json;
  readonly reason?: string;
  readonly message?: string;
}

const methods: Readonly<Record<string, HttpMethod>> = {
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
};

function credentialOf(user: string): Credential {
  if (user === 'kubernetes-admin' || user === 'system:apiserver') return { type: 'certificate', user, groups: ['system:masters'] };
  if (user.startsWith('system:node:')) return { type: 'certificate', user, groups: ['system:nodes'] };
  const account = /^system:serviceaccount:([^:]+):/.exec(user);
  const groups = account === null ? [] : ['system:serviceaccounts', `system:serviceaccounts:${account[1]!}`];
  return { type: 'certificate', user, groups };
}

/** Recordings do not say how a patch is to be read; its form and who sends it do. */
function patchType({ request, type }: Pair, query: Readonly<Record<string, string>>): string {
  if (type !== undefined) return type;
  if (Array.isArray(request)) return 'application/json-patch+json';
  if ('force' in query) return 'application/apply-patch+yaml';
  return /kubectl-(label|annotate)/.test(query['fieldManager'] ?? '')
    ? 'application/merge-patch+json'
    : 'application/strategic-merge-patch+json';
}

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const generated = new Set(['uid', 'resourceVersion', 'clusterIP', 'nodePort', 'healthCheckNodePort', 'token', 'continue', 'selfLink']);

/** Names by which the recorded server and this one call the same things. */
class Names {
  private readonly known = new Map<string, string>();
  private pattern: RegExp | undefined;

  learn(recorded: string, ours: string): void {
    if (recorded === ours || recorded === '') return;
    this.known.set(recorded, ours);
    this.pattern = undefined;
  }

  text(recorded: string): string {
    if (this.known.size === 0) return recorded;
    this.pattern ??= new RegExp(
      [...this.known.keys()]
        .sort((a, b) => b.length - a.length)
        .map((key) => key.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
        .join('|'),
      'g',
    );
    return recorded.replace(this.pattern, (found) => this.known.get(found)!);
  }

  json(value: Json, versions: Readonly<Record<string, string>>): Json {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map((item: Json) => this.json(item, versions));
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        this.text(key),
        key === 'resourceVersion' && typeof item === 'string' ? (versions[item] ?? item) : this.json(item ?? null, versions),
      ]),
    );
  }
}

function byManager(entries: Json): Json {
  const list = entries as readonly Readonly<Record<string, Json>>[];
  const keyOf = ({ manager, operation, subresource, apiVersion }: Readonly<Record<string, Json>>): string =>
    [manager, operation, subresource, apiVersion].join('|');
  return Object.fromEntries(
    [...list].map((entry, index) => [
      `${keyOf(entry)}#${list.slice(0, index).filter((other) => keyOf(other) === keyOf(entry)).length}`,
      entry,
    ]),
  );
}

const bootMs = 60_000;
const generatedName = /^(.*[-.])([bcdfghjklmnpqrstvwxz2456789]{5}|[0-9a-f]{16})$/;

/** Replays a recording against an API server alone. */
export class Replay {
  private readonly server: ApiServer;
  private readonly names = new Names();
  private readonly versions: Record<string, string> = {};

  /** @param at when the recording began: times are the same here */
  constructor(at: number) {
    this.server = new ApiServer({ epochMs: at - bootMs });
  }

  /** The differences between the recorded answer and this server's; none where they are equal. */
  play(pair: Pair): readonly string[] {
    const { world } = this.server;
    if (pair.at > world.now) world.runUntil(pair.at);
    const url = new URL(`http://server${this.names.text(pair.uri)}`);
    const query = Object.fromEntries(url.searchParams);
    const body = pair.request === undefined ? undefined : this.names.json(pair.request, this.versions);
    const method = methods[pair.verb] ?? 'GET';
    const answer = this.server.ask({
      method,
      path: decodeURIComponent(url.pathname),
      query,
      // Recordings do not say what was accepted; the collector asks for metadata only.
      accept: pair.user.endsWith(':generic-garbage-collector')
        ? 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'
        : 'application/json',
      userAgent: pair.agent,
      credential: credentialOf(pair.user),
      ...(body === undefined ? {} : { body, contentType: method === 'PATCH' ? patchType(pair, query) : 'application/json' }),
    });
    if (answer === undefined) return ['no answer'];
    const differences: string[] = [];
    if (answer.status !== pair.code)
      differences.push(`status ${pair.code} ≠ ${answer.status} ${JSON.stringify(answer.body).slice(0, 300)}`);
    const recorded: Json | undefined =
      pair.response ?? (pair.message === undefined ? undefined : { reason: pair.reason ?? '', message: pair.message });
    if (recorded !== undefined) this.compare(recorded, answer.body, '', differences, pair.response === undefined);
    return differences;
  }

  /** What was there before the recording began. */
  seed(objects: readonly KubeObject[]): void {
    for (const object of objects) {
      const resource = builtInResources.findByKind({ ...parseApiVersion(object.apiVersion), kind: object.kind })!;
      const { name, namespace = '' } = object.metadata;
      const root = resource.group === '' ? '/api/v1' : `/apis/${object.apiVersion}`;
      const path = `${root}${namespace === '' ? '' : `/namespaces/${namespace}`}/${resource.plural}`;
      const body = object as unknown as Json;
      this.server.ask({ method: 'POST', path, body, contentType: 'application/json' });
      if (object['status'] !== undefined)
        this.server.ask({ method: 'PUT', path: `${path}/${name}/status`, body, contentType: 'application/json' });
    }
  }

  private compare(recorded: Json | undefined, ours: Json | undefined, path: string, differences: string[], partly: boolean): void {
    if (isObject(recorded) && isObject(ours)) {
      const known = new Map(Object.keys(recorded).map((key) => [this.names.text(key), key]));
      for (const [mapped, key] of known) this.compare(recorded[key], ours[mapped], `${path}/${key}`, differences, partly);
      if (!partly)
        for (const key of Object.keys(ours)) if (!known.has(key)) this.compare(undefined, ours[key], `${path}/${key}`, differences, partly);
      return;
    }
    if (Array.isArray(recorded) && Array.isArray(ours)) {
      if (path.endsWith('/managedFields')) {
        // Their order is that of seconds, which are not the same here.
        this.compare(byManager(recorded), byManager(ours), `${path}/by-manager`, differences, partly);
        return;
      }
      if (recorded.length !== ours.length) differences.push(`${path}: ${recorded.length} items ≠ ${ours.length}`);
      else recorded.forEach((item: Json, index) => this.compare(item, ours[index] as Json, `${path}/${index}`, differences, partly));
      return;
    }
    // Go's encoder writes null for what is not there, where a field is not left out when it is empty.
    if ((recorded ?? null) === (ours ?? null) || this.same(recorded, ours, path)) return;
    differences.push(`${path}: ${JSON.stringify(recorded) ?? 'absent'} ≠ ${JSON.stringify(ours) ?? 'absent'}`.slice(0, 400));
  }

  private same(recorded: Json | undefined, ours: Json | undefined, path: string): boolean {
    if (typeof recorded === 'number' && typeof ours === 'number' && /odePort$/.test(path)) return true;
    if (typeof recorded !== 'string' || typeof ours !== 'string') return false;
    if (time.test(recorded) && time.test(ours)) return true;
    const key = path.slice(path.lastIndexOf('/') + 1);
    if (key === 'resourceVersion') {
      this.versions[recorded] = ours;
      return true;
    }
    if (generated.has(key) || /\/clusterIPs\/\d+$/.test(path)) {
      this.names.learn(recorded, ours);
      return true;
    }
    const [a, b] = [generatedName.exec(recorded), generatedName.exec(ours)];
    if (key === 'name' && a !== null && b !== null && a[1] === b[1]) {
      this.names.learn(recorded, ours);
      return true;
    }
    // Messages name versions, and names that were generated and then not used.
    const text = this.names.text(recorded).replace(/\((\d+)\)/g, (_, version: string) => `(${this.versions[version] ?? version})`);
    const masked = (message: string): string => message.replace(/-[bcdfghjklmnpqrstvwxz2456789]{5}(?=")/g, '-*');
    return text === ours || (key === 'message' && masked(text) === masked(ours));
  }
}
