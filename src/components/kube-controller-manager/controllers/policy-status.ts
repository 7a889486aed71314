import { composeVariables, objectTypes, typedPolicyEnvironment, type CelEnvironment } from '#api/cel/index.ts';
import { parseApiVersion, type GroupVersionKind } from '#api/object.ts';
import { builtInResources } from '#api/resources/catalog.ts';
import { schemaFor } from '#api/schema/index.ts';
import type { ValidatingAdmissionPolicy, ValidatingAdmissionPolicySpec } from '#api/types.generated.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { mediaTypes } from '#protocol/rest.ts';
import { call, done, lookUp, ok, retry, type ControllerDefinition, type Sync, type SyncContext } from '../controller.ts';

interface Warning {
  readonly fieldRef: string;
  readonly warning: string;
}

/** No more kinds than this are checked for one rule. */
const maxTypesToCheck = 10;

/** The kinds that a policy is about, by name; a rule with wildcards says nothing of them (typechecking.go, typesToCheck). */
function kindsOf(spec: ValidatingAdmissionPolicySpec): readonly GroupVersionKind[] {
  const found = new Map<string, GroupVersionKind>();
  for (const { apiGroups = [], apiVersions = [], resources: plurals = [] } of spec.matchConstraints?.resourceRules ?? []) {
    if ([...apiGroups, ...apiVersions].some((item) => item.includes('*'))) continue;
    let count = 0;
    for (const group of [...apiGroups].sort())
      for (const version of [...apiVersions].sort())
        for (const plural of plurals.filter((item) => !/[*/]/.test(item)).sort()) {
          const resource = builtInResources.find(group, version, plural);
          if (resource === undefined || count++ >= maxTypesToCheck) continue;
          found.set(`${group} ${version} ${resource.kind}`, resource);
        }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, kind]) => kind);
}

/** An environment in which objects have the types of one kind; undefined where nothing is known of it. */
function environmentOf(kind: GroupVersionKind, spec: ValidatingAdmissionPolicySpec): CelEnvironment | undefined {
  const schema = schemaFor(kind);
  if (schema === undefined) return undefined;
  const object = objectTypes(schema);
  const { paramKind, variables = [] } = spec;
  const params =
    paramKind === undefined ? undefined : schemaFor({ ...parseApiVersion(paramKind.apiVersion ?? ''), kind: paramKind.kind ?? '' });
  const paramTypes = params === undefined ? undefined : objectTypes(params);
  const base = typedPolicyEnvironment(object.name, paramTypes?.name, { ...object.types, ...paramTypes?.types });
  return composeVariables(base, variables).within(base);
}

/** What no object that the policy matches could ever satisfy (apiserver/pkg/admission/plugin/policy/validating/typechecking.go, Check). */
export function typeCheck(policy: ValidatingAdmissionPolicy): readonly Warning[] {
  const { spec = {} } = policy;
  const environments = kindsOf(spec).flatMap((kind) => {
    const environment = environmentOf(kind, spec);
    return environment === undefined ? [] : [{ kind, environment }];
  });
  const check = (fieldRef: string, expression: string | undefined): readonly Warning[] => {
    if (expression === undefined || expression === '') return [];
    const messages = environments.flatMap(({ kind, environment }) => {
      const compiled = environment.compile(expression);
      return compiled.ok ? [] : [`${kind.group}/${kind.version}, Kind=${kind.kind}: ${compiled.error}\n`];
    });
    return messages.length === 0 ? [] : [{ fieldRef, warning: messages.join('\n') }];
  };
  return (spec.validations ?? []).flatMap(({ expression, messageExpression }, index) => [
    ...check(`spec.validations[${index}].expression`, expression),
    ...check(`spec.validations[${index}].messageExpression`, messageExpression),
  ]);
}

const manager = 'validatingadmissionpolicy-status';

function* sync(key: string, { caches }: SyncContext): Sync {
  const policy = lookUp(caches, 'validatingadmissionpolicies', key) as ValidatingAdmissionPolicy | undefined;
  const generation = policy?.metadata?.generation ?? 0;
  if (policy === undefined || generation <= (policy.status?.observedGeneration ?? 0)) return done;
  const warnings = typeCheck(policy);
  const answer = yield* call({
    method: 'PATCH',
    path: resourcePath(resources.validatingadmissionpolicies, '', key, 'status'),
    query: { fieldManager: manager, force: 'true' },
    contentType: mediaTypes.applyPatch,
    body: {
      kind: 'ValidatingAdmissionPolicy',
      apiVersion: 'admissionregistration.k8s.io/v1',
      metadata: { name: key },
      status: {
        observedGeneration: generation,
        typeChecking: warnings.length === 0 ? {} : { expressionWarnings: warnings.map((item) => ({ ...item })) },
      },
    },
  });
  return ok(answer) || answer.status === 404 ? done : retry;
}

/** pkg/controller/validatingadmissionpolicystatus. */
export const policyStatus: ControllerDefinition = {
  name: 'validatingadmissionpolicy-status-controller',
  workers: 5,
  eventSource: manager,
  handlers: { validatingadmissionpolicies: (change) => (change.type === 'delete' ? [] : [change.object.metadata.name]) },
  sync,
};
