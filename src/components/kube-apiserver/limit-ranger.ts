import type { KubeObject, Status } from '#api/object.ts';
import { podLimits, podRequests } from '#api/pod-resources.ts';
import { canonicalQuantity, parseQuantity } from '#api/quantity.ts';
import type { ResourceList } from '#api/resource-list.ts';
import { forbiddenResource } from '#api/resources/status-errors.ts';
import type { Container, LimitRange, LimitRangeItem, PersistentVolumeClaim, PodSpec, Quantity } from '#api/types.generated.ts';
import type { AdmissionRequest, Mutation } from './admission.ts';
import { listCached, type ApiServerState } from './state.ts';

/** plugin/pkg/admission/limitranger: a namespace's defaults for containers, and bounds for containers, pods and claims. */
const rangesOf = (state: ApiServerState, { info }: AdmissionRequest): readonly LimitRange[] =>
  listCached(state, '/registry/limitranges', info.namespace) as unknown as LimitRange[];

const isCore = ({ resource }: AdmissionRequest, plural: string): boolean => resource.group === '' && resource.plural === plural;
const isPodCreate = (request: AdmissionRequest): boolean =>
  isCore(request, 'pods') && request.old === undefined && request.info.subresource === '' && request.info.verb === 'create';

/** What the limits of one range give to every container (defaultContainerResourceRequirements). */
function defaultsOf({ spec }: LimitRange): { readonly requests: ResourceList; readonly limits: ResourceList } {
  const items = (spec?.limits ?? []).filter((item) => item.type === 'Container');
  const merged = (part: 'default' | 'defaultRequest'): ResourceList => Object.assign({}, ...items.map((item) => item[part] ?? {}));
  return { requests: merged('defaultRequest'), limits: merged('default') };
}

/** A container with the defaults that it lacks, and what is told of it (mergeContainerResources). */
function merged(container: Container, defaults: ReturnType<typeof defaultsOf>, what: string): readonly [Container, readonly string[]] {
  const told: string[] = [];
  const fill = (part: 'requests' | 'limits', name: string): ResourceList => {
    const have = container.resources?.[part] ?? {};
    const missing = Object.keys(defaults[part]).filter((key) => have[key] === undefined);
    if (missing.length > 0) told.push(`${missing.sort().join(', ')} ${name} for ${what} ${container.name}`);
    return { ...have, ...Object.fromEntries(missing.map((key) => [key, defaults[part][key]!])) };
  };
  const [requests, limits] = [fill('requests', 'request'), fill('limits', 'limit')];
  const some = (part: 'requests' | 'limits', list: ResourceList): object => (Object.keys(list).length === 0 ? {} : { [part]: list });
  const resources = { ...container.resources, ...some('limits', limits), ...some('requests', requests) };
  return told.length === 0 ? [container, told] : [{ ...container, resources }, told];
}

const annotation = 'kubernetes.io/limit-ranger';

/** Admit: fills in the defaults of each range (mergePodResourceRequirements). */
export const limitRanger: Mutation = (state, request) => {
  if (!isPodCreate(request) || request.object === undefined) return request;
  let pod: KubeObject = request.object;
  for (const range of rangesOf(state, request)) {
    const defaults = defaultsOf(range);
    const spec = pod['spec'] as PodSpec;
    const told: string[] = [];
    const fillAll = (list: readonly Container[], what: string): readonly Container[] =>
      list.map((item) => {
        const [filled, texts] = merged(item, defaults, what);
        told.push(...texts);
        return filled;
      });
    const containers = fillAll(spec.containers ?? [], 'container');
    const initContainers = fillAll(spec.initContainers ?? [], 'init container');
    if (told.length === 0) continue;
    const annotations = { ...pod.metadata.annotations, [annotation]: `LimitRanger plugin set: ${told.join('; ')}` };
    const filled: PodSpec = { ...spec, containers, ...(spec.initContainers === undefined ? {} : { initContainers }) };
    pod = { ...pod, metadata: { ...pod.metadata, annotations }, spec: filled };
  }
  return pod === request.object ? request : { object: pod, random: request.random };
};

interface Asked {
  readonly requests: ResourceList;
  readonly limits: ResourceList;
}
type Bound = (type: string, name: string, bound: Quantity, asked: Asked) => string | undefined;
const more = (a: Quantity | undefined, b: Quantity): boolean => a !== undefined && parseQuantity(a) > parseQuantity(b);
const less = (a: Quantity | undefined, b: Quantity): boolean => a !== undefined && parseQuantity(a) < parseQuantity(b);

const minimum: Bound = (type, name, bound, { requests, limits }) => {
  const told = `minimum ${name} usage per ${type} is ${canonicalQuantity(bound)}`;
  if (requests[name] === undefined) return `${told}.  No request is specified`;
  if (less(requests[name], bound)) return `${told}, but request is ${canonicalQuantity(requests[name])}`;
  return less(limits[name], bound) ? `${told}, but limit is ${canonicalQuantity(limits[name]!)}` : undefined;
};

const maximum: Bound = (type, name, bound, { requests, limits }) => {
  const told = `maximum ${name} usage per ${type} is ${canonicalQuantity(bound)}`;
  if (limits[name] === undefined) return `${told}.  No limit is specified`;
  if (more(limits[name], bound)) return `${told}, but limit is ${canonicalQuantity(limits[name])}`;
  return more(requests[name], bound) ? `${told}, but request is ${canonicalQuantity(requests[name]!)}` : undefined;
};

/** Claims have no limits (maxRequestConstraint). */
const maximumRequest: Bound = (type, name, bound, { requests }) => {
  const told = `maximum ${name} usage per ${type} is ${canonicalQuantity(bound)}`;
  if (requests[name] === undefined) return `${told}.  No request is specified`;
  return more(requests[name], bound) ? `${told}, but request is ${canonicalQuantity(requests[name])}` : undefined;
};

const ratio: Bound = (type, name, bound, { requests, limits }) => {
  const told = `${name} max limit to request ratio per ${type} is ${canonicalQuantity(bound)}`;
  const [request, limit] = [requests, limits].map((list) => (list[name] === undefined ? 0 : parseQuantity(list[name])));
  if (request === 0) return `${told}, but no request is specified or request is 0`;
  if (limit === 0) return `${told}, but no limit is specified or limit is 0`;
  const observed = limit! / request!;
  return observed > parseQuantity(bound) ? `${told}, but provided ratio is ${observed.toFixed(6)}` : undefined;
};

const ofContainer = ({ resources }: Container): Asked => ({ requests: resources?.requests ?? {}, limits: resources?.limits ?? {} });

/** The bounds of one item of a range, kept by each of what it is about. */
function kept(item: LimitRangeItem, about: readonly Asked[], highest: Bound = maximum): string[] {
  const check = (bound: Bound, list: ResourceList | undefined, asked: Asked): string[] =>
    Object.keys(list ?? {})
      .sort()
      .flatMap((name) => bound(item.type, name, list![name]!, asked) ?? []);
  return about.flatMap((asked) => [
    ...check(minimum, item.min, asked),
    ...check(highest, item.max, asked),
    ...check(ratio, item.maxLimitRequestRatio, asked),
  ]);
}

/** PodValidateLimitFunc. */
function podComplaints(items: readonly LimitRangeItem[], spec: PodSpec): string[] {
  const containers = [...spec.containers, ...(spec.initContainers ?? [])].map(ofContainer);
  const pod: Asked = { requests: podRequests(spec), limits: podLimits(spec) };
  return items.flatMap((item) => (item.type === 'Container' ? kept(item, containers) : item.type === 'Pod' ? kept(item, [pod]) : []));
}

/** PersistentVolumeClaimValidateLimitFunc. */
function claimComplaints(items: readonly LimitRangeItem[], { spec }: PersistentVolumeClaim): string[] {
  const asked: Asked = { requests: spec?.resources?.requests ?? {}, limits: {} };
  const bounds = items.filter((item) => item.type === 'PersistentVolumeClaim');
  return bounds.flatMap(({ type, min, max }) => kept({ type, min, max }, [asked], maximumRequest));
}

/** Several complaints are one list, each once (utilerrors.NewAggregate). */
const aggregate = (complaints: readonly string[]): string => {
  const different = [...new Set(complaints)];
  return different.length === 1 ? different[0]! : `[${different.join(', ')}]`;
};

/** Validate: the first range whose bounds are not kept refuses the object. */
export function validateLimits(state: ApiServerState, request: AdmissionRequest): Status | undefined {
  const { object, resource, info } = request;
  const isPod = isPodCreate(request);
  const isClaim = isCore(request, 'persistentvolumeclaims') && info.subresource === '' && info.verb !== 'delete';
  if (object === undefined || !(isPod || isClaim)) return undefined;
  for (const { spec } of rangesOf(state, request)) {
    const items = spec?.limits ?? [];
    const complaints = isPod
      ? podComplaints(items, object['spec'] as PodSpec)
      : claimComplaints(items, object as unknown as PersistentVolumeClaim);
    if (complaints.length > 0) return forbiddenResource(resource, object.metadata.name, aggregate(complaints));
  }
  return undefined;
}
