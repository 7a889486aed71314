import { isObject } from '#base/json.ts';
import type { KubeObject } from '#api/object.ts';
import { invalid, type FieldError } from '#api/resources/field-error.ts';
import { forbiddenResource, invalidObject } from '#api/resources/status-errors.ts';
import type { Container, Namespace, PodSpec } from '#api/types.generated.ts';
import type { AdmissionRequest } from '../admission.ts';
import type { PolicyVerdict } from '../policies/validating.ts';
import { getCached, listCached, type ApiServerState } from '../state.ts';
import type { Level, Violation } from './checks.ts';
import { standards } from './standards.ts';

/** plugin/pkg/admission/security/podsecurity: the labels of a namespace say which pods it takes. */
const prefix = 'pod-security.kubernetes.io';
const modes = ['enforce', 'audit', 'warn'] as const;
type Mode = (typeof modes)[number];
const levels: readonly Level[] = ['privileged', 'baseline', 'restricted'];

interface LevelVersion {
  readonly level: Level;
  readonly version: string;
}
type Policy = Readonly<Record<Mode, LevelVersion>>;
type Labels = Readonly<Record<string, string>> | undefined;

/** The policy of a namespace, and what is wrong with its labels (pod-security-admission/api/helpers.go, PolicyToEvaluate). */
function policyOf(labels: Labels): { readonly policy: Policy; readonly errors: readonly FieldError[] } {
  const errors: FieldError[] = [];
  const read = (label: string, valid: (value: string) => boolean, must: string): string | undefined => {
    const value = labels?.[`${prefix}/${label}`];
    if (value !== undefined && !valid(value)) errors.push(invalid(`metadata.labels[${prefix}/${label}]`, value, must));
    return value;
  };
  const known = (value: string): value is Level => (levels as readonly string[]).includes(value);
  const asked = modes.map((mode) => {
    const level = read(mode, known, `must be one of ${levels.join(', ')}`);
    const version = read(`${mode}-version`, (value) => /^(latest|v1\.(\d|[1-9]\d*))$/.test(value), 'must be "latest" or "v1.x"');
    return { mode, level, version };
  });
  // What cannot be read is enforced strictly, and neither warned of nor noted.
  const levelOf = (mode: Mode, level: string): Level => (known(level) ? level : mode === 'enforce' ? 'restricted' : 'privileged');
  const [enforce, , warn] = asked;
  const policy = Object.fromEntries(
    asked.map(({ mode, level = 'privileged', version = 'latest' }) => [mode, { level: levelOf(mode, level), version }]),
  ) as unknown as Policy;
  // Who enforces without saying what to warn of is warned of the same.
  const warned = {
    level: warn!.level === undefined && enforce!.level !== undefined && known(enforce!.level) ? policy.enforce.level : policy.warn.level,
    version: warn!.version === undefined ? policy.enforce.version : policy.warn.version,
  };
  return { policy: { ...policy, warn: warned }, errors };
}

const nameOf = ({ level, version }: LevelVersion): string => JSON.stringify(`${level}:${version}`);
const details = (found: readonly Violation[]): string => found.map(({ reason, detail }) => `${reason} (${detail})`).join(', ');
const admitted: PolicyVerdict = { refused: undefined, warnings: [], annotations: {} };

/** How strict the labels are, as a new namespace or a change of one has them; pods that are there already are only told of. */
function validateNamespace(state: ApiServerState, { resource, object, old }: AdmissionRequest): PolicyVerdict {
  const next = policyOf(object?.metadata.labels);
  const before = old === undefined ? undefined : policyOf(old.metadata.labels);
  const texts = (errors: readonly FieldError[]): string => JSON.stringify(errors);
  if (next.errors.length > 0 && (before === undefined || texts(before.errors) !== texts(next.errors)))
    return { ...admitted, refused: invalidObject('', resource.kind, object!.metadata.name, next.errors) };
  if (before === undefined) return admitted;
  const [wanted, had] = [next.policy.enforce, before.policy.enforce];
  const stricter = wanted.version !== had.version || levels.indexOf(wanted.level) > levels.indexOf(had.level);
  return stricter ? { ...admitted, warnings: existingPods(state, object!.metadata.name, wanted) } : admitted;
}

/** The pods of a namespace that a new level would not take, those with the same faults together. */
function existingPods(state: ApiServerState, namespace: string, enforce: LevelVersion): readonly string[] {
  const byFault = new Map<string, string[]>();
  for (const pod of listCached(state, '/registry/pods', namespace)) {
    const faults = standards.value.violations(enforce.level, pod['spec'] as PodSpec).map(({ reason }) => reason);
    if (faults.length > 0) byFault.set(faults.join(', '), [...(byFault.get(faults.join(', ')) ?? []), pod.metadata.name]);
  }
  const lines = [...byFault].map(([fault, names]) => {
    const others = names.length - 1;
    return `${[...names].sort()[0]!}${others === 0 ? '' : ` (and ${others} other pod${others === 1 ? '' : 's'})`}: ${fault}`;
  });
  return lines.length === 0
    ? []
    : [
        `existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level ${nameOf(enforce)}`,
        ...lines.sort(),
      ];
}

const withTemplate: Readonly<Record<string, readonly string[]>> = {
  '': ['replicationcontrollers', 'podtemplates'],
  apps: ['replicasets', 'deployments', 'statefulsets', 'daemonsets'],
  batch: ['jobs', 'cronjobs'],
};

/** The pod that an object is, or that it makes. */
function podOf(object: KubeObject): PodSpec | undefined {
  const inner = (value: unknown, key: string): unknown => (isObject(value) ? value[key] : undefined);
  switch (object.kind) {
    case 'Pod':
      return object['spec'] as PodSpec | undefined;
    case 'PodTemplate':
      return inner(object['template'], 'spec') as PodSpec | undefined;
    case 'CronJob':
      return inner(inner(inner(inner(object['spec'], 'jobTemplate'), 'spec'), 'template'), 'spec') as PodSpec | undefined;
    default:
      return inner(inner(object['spec'], 'template'), 'spec') as PodSpec | undefined;
  }
}

/** Of what may change in a pod, only images matter (isSignificantPodUpdate). */
function isSignificant(pod: PodSpec, old: PodSpec): boolean {
  const images = (spec: PodSpec): string =>
    JSON.stringify(
      [spec.initContainers, spec.containers, spec.ephemeralContainers].map((list) =>
        (list as readonly Container[] | undefined)?.map(({ name, image }) => [name, image]),
      ),
    );
  return images(pod) !== images(old);
}

const ignoredSubresources = new Set(['exec', 'attach', 'binding', 'eviction', 'log', 'portforward', 'proxy', 'status']);

/** Evaluates a pod, or the template of what makes pods, for which nothing is enforced. */
function evaluate({ resource, object }: AdmissionRequest, policy: Policy, spec: PodSpec, enforced: boolean): PolicyVerdict {
  const found = (mode: Mode): string => details(standards.value.violations(policy[mode].level, spec));
  const would = (mode: Mode, faults: string): string => `would violate PodSecurity ${nameOf(policy[mode])}: ${faults}`;
  const [forbidden, noted, warned] = [enforced ? found('enforce') : '', found('audit'), found('warn')];
  const annotations = {
    ...(enforced ? { [`${prefix}/enforce-policy`]: `${policy.enforce.level}:${policy.enforce.version}` } : {}),
    ...(noted === '' ? {} : { [`${prefix}/audit-violations`]: would('audit', noted) }),
  };
  if (forbidden !== '')
    return {
      ...admitted,
      annotations,
      refused: forbiddenResource(resource, object!.metadata.name, `violates PodSecurity ${nameOf(policy.enforce)}: ${forbidden}`),
    };
  return { ...admitted, annotations, warnings: warned === '' ? [] : [would('warn', warned)] };
}

/** The plug-in PodSecurity. */
export function podSecurity(state: ApiServerState, request: AdmissionRequest): PolicyVerdict {
  const { info, resource, object, old } = request;
  if (object === undefined || !['create', 'update', 'patch'].includes(info.verb)) return admitted;
  if (resource.group === '' && resource.plural === 'namespaces')
    return info.subresource === '' ? validateNamespace(state, request) : admitted;
  const isPod = resource.group === '' && resource.plural === 'pods';
  if (
    isPod
      ? ignoredSubresources.has(info.subresource)
      : info.subresource !== '' || withTemplate[resource.group]?.includes(resource.plural) !== true
  )
    return admitted;
  const namespace = getCached(state, `/registry/namespaces/${info.namespace}`, '/registry/namespaces') as Namespace | undefined;
  const { policy } = policyOf(namespace?.metadata?.labels);
  if (modes.every((mode) => policy[mode].level === 'privileged')) return admitted;
  const spec = podOf(object);
  if (spec === undefined || (isPod && old !== undefined && !isSignificant(spec, old['spec'] as PodSpec))) return admitted;
  return evaluate(request, policy, spec, isPod);
}
