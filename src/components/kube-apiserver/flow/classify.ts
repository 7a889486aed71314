import type { SortedMap } from '#base/sorted-map.ts';
import type { KubeObject } from '#api/object.ts';
import type { Subject, FlowSchemaSpec, PolicyRulesWithSubjects, PriorityLevelConfigurationSpec } from '#api/types.generated.ts';
import type { HttpRequest } from '#protocol/rest.ts';
import { authenticate, impersonated, type User } from '../authentication.ts';
import type { RequestInfo } from '../request-info.ts';
import { cacheOf, type ApiServerState } from '../state.ts';

/** API Priority and Fairness (apiserver/pkg/util/flowcontrol): which level a request has, and how much of it. */

/** `--max-requests-inflight` and `--max-mutating-requests-inflight`: what all levels share. */
const totalSeats = 400 + 200;

export const schemasPrefix = '/registry/flowschemas';
export const levelsPrefix = '/registry/prioritylevelconfigurations';

export interface Level {
  readonly name: string;
  /** How many requests it may have at once; undefined for those that are exempt. */
  readonly seats: number | undefined;
  /** How it queues; undefined where it refuses what it has no seat for. */
  readonly queuing: { readonly queues: number; readonly handSize: number; readonly lengthLimit: number } | undefined;
}

/** What a request is to the server's fairness. */
export interface Flow {
  readonly schema: string;
  readonly level: Level;
  /** Requests of one schema that are told apart by it share their queues. */
  readonly distinguisher: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface Schema {
  readonly name: string;
  readonly spec: FlowSchemaSpec;
  readonly level: Level;
  readonly headers: Readonly<Record<string, string>>;
}

/** The levels and their shares of all seats (apf_controller.go, updateBorrowing and digestConfigObjectsLocked). */
export function levelsOf(state: ApiServerState): readonly Level[] {
  const objects = [...cacheOf(state, levelsPrefix).values()];
  const specs = objects.map((object) => ({ name: object.metadata.name, spec: object['spec'] as PriorityLevelConfigurationSpec }));
  const sharesOf = ({ exempt, limited }: PriorityLevelConfigurationSpec): number =>
    limited?.nominalConcurrencyShares ?? exempt?.nominalConcurrencyShares ?? (limited === undefined ? 0 : 30);
  const sum = specs.reduce((total, { spec }) => total + sharesOf(spec), 0);
  return specs.map(({ name, spec }) => {
    if (spec.type === 'Exempt') return { name, seats: undefined, queuing: undefined };
    const { queuing, type } = spec.limited?.limitResponse ?? {};
    return {
      name,
      seats: Math.ceil((totalSeats * sharesOf(spec)) / sum),
      queuing:
        type === 'Queue'
          ? { queues: queuing?.queues ?? 64, handSize: queuing?.handSize ?? 8, lengthLimit: queuing?.queueLengthLimit ?? 50 }
          : undefined,
    };
  });
}

interface Config {
  readonly schemas: readonly Schema[];
  readonly levels: SortedMap<KubeObject>;
  /** What requests of one kind were found to be. */
  readonly known: Map<string, Schema | undefined>;
}
const configs = new WeakMap<SortedMap<KubeObject>, Config>();

/** The schemas whose level exists, in the order in which they are asked. */
function configOf(state: ApiServerState): Config {
  const [objects, levels] = [cacheOf(state, schemasPrefix), cacheOf(state, levelsPrefix)];
  const known = configs.get(objects);
  if (known?.levels === levels) return known;
  const byName = new Map(levelsOf(state).map((level) => [level.name, level]));
  const schemas = [...objects.values()].flatMap((object): Schema[] => {
    const spec = object['spec'] as FlowSchemaSpec;
    const level = byName.get(spec.priorityLevelConfiguration.name);
    if (level === undefined) return [];
    const { name, uid = '' } = object.metadata;
    const levelUid = levels.get(`${levelsPrefix}/${level.name}`)?.metadata.uid ?? '';
    const headers = { 'X-Kubernetes-PF-FlowSchema-UID': uid, 'X-Kubernetes-PF-PriorityLevel-UID': levelUid };
    return [{ name, spec, level, headers }];
  });
  const precedence = ({ spec }: Schema): number => spec.matchingPrecedence ?? 1000;
  const config: Config = {
    levels,
    schemas: schemas.sort((a, b) => precedence(a) - precedence(b) || (a.name < b.name ? -1 : 1)),
    known: new Map(),
  };
  configs.set(objects, config);
  return config;
}

const listed = (list: readonly string[] | undefined, wanted: string): boolean =>
  list?.includes('*') === true || list?.includes(wanted) === true;

function subjectIs({ kind, user, group, serviceAccount }: Subject, who: User): boolean {
  if (kind === 'User') return user?.name === '*' || user?.name === who.name;
  if (kind === 'Group') return group?.name === '*' || who.groups.includes(group?.name ?? '');
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(who.name) ?? [];
  return (
    serviceAccount !== undefined && serviceAccount.namespace === namespace && (serviceAccount.name === '*' || serviceAccount.name === name)
  );
}

/** apf rule.go: a rule is meant when one of its subjects and one of its resources or paths are. */
function ruleMeans(
  { subjects, resourceRules = [], nonResourceRules = [] }: PolicyRulesWithSubjects,
  info: RequestInfo,
  who: User,
): boolean {
  if (!subjects.some((subject) => subjectIs(subject, who))) return false;
  if (!info.isResource) {
    const within = (url: string): boolean =>
      url === '*' || url === info.path || (url.endsWith('/*') && info.path.startsWith(url.slice(0, -1)));
    return nonResourceRules.some((rule) => listed(rule.verbs, info.verb) && rule.nonResourceURLs.some(within));
  }
  const resource = info.subresource === '' ? info.plural : `${info.plural}/${info.subresource}`;
  return resourceRules.some(
    (rule) =>
      listed(rule.verbs, info.verb) &&
      listed(rule.apiGroups, info.group) &&
      listed(rule.resources, resource) &&
      (info.namespace === '' ? rule.clusterScope === true : listed(rule.namespaces, info.namespace)),
  );
}

const maxKnown = 4096;
/** Long-running requests are not counted, but for watches while they begin (server/config.go, LongRunningFunc). */
const longRunning = new Set(['attach', 'exec', 'log', 'portforward', 'proxy']);

/** The flow of a request; undefined for those that are not subject to it: nobody is known who sent it, or it runs for long. */
export function flowOf(state: ApiServerState, request: HttpRequest, info: RequestInfo): Flow | undefined {
  const who = impersonated(request) ?? authenticate(state, request);
  if (who === undefined) return undefined;
  if (longRunning.has(info.subresource)) return undefined;
  const { schemas, known } = configOf(state);
  const { verb, group, plural, subresource, namespace, path } = info;
  const key = `${who.name}|${who.groups.join()}|${verb}|${info.isResource ? `${group}|${plural}|${subresource}|${namespace}` : path}`;
  let schema = known.get(key);
  if (schema === undefined && !known.has(key)) {
    schema = schemas.find(({ spec }) => (spec.rules ?? []).some((rule) => ruleMeans(rule, info, who)));
    if (known.size >= maxKnown) known.clear();
    known.set(key, schema);
  }
  if (schema === undefined) return undefined;
  const method = schema.spec.distinguisherMethod?.type;
  const distinguisher = method === 'ByUser' ? who.name : method === 'ByNamespace' ? namespace : '';
  return { schema: schema.name, level: schema.level, distinguisher, headers: schema.headers };
}
