import { celEnvironment, type CelEnvironment, type Compiled, type Program } from './environment.ts';

/** The variables of admission policies and of match conditions (apiserver/pkg/admission/plugin/cel/compile.go). */

const strings = 'list<string>';
const stringMap = 'map<string, string>';
const timestamp = 'google.protobuf.Timestamp';

const types = {
  'kubernetes.GroupVersionKind': { group: 'string', version: 'string', kind: 'string' },
  'kubernetes.GroupVersionResource': { group: 'string', version: 'string', resource: 'string' },
  'kubernetes.UserInfo': { username: 'string', uid: 'string', groups: strings, extra: 'map<string, list<string>>' },
  'kubernetes.AdmissionRequest': {
    kind: 'kubernetes.GroupVersionKind',
    resource: 'kubernetes.GroupVersionResource',
    subResource: 'string',
    requestKind: 'kubernetes.GroupVersionKind',
    requestResource: 'kubernetes.GroupVersionResource',
    requestSubResource: 'string',
    name: 'string',
    namespace: 'string',
    operation: 'string',
    userInfo: 'kubernetes.UserInfo',
    dryRun: 'bool',
    options: 'dyn',
  },
  'kubernetes.NamespaceSpec': { finalizers: strings },
  'kubernetes.NamespaceCondition': { status: 'string', type: 'string', lastTransitionTime: timestamp, message: 'string', reason: 'string' },
  'kubernetes.NamespaceStatus': { conditions: 'list<kubernetes.NamespaceCondition>', phase: 'string' },
  'kubernetes.NamespaceMetadata': {
    name: 'string',
    generateName: 'string',
    namespace: 'string',
    labels: stringMap,
    annotations: stringMap,
    UID: 'string',
    creationTimestamp: timestamp,
    deletionGracePeriodSeconds: 'int',
    deletionTimestamp: timestamp,
    generation: 'int',
    resourceVersion: 'string',
    finalizers: strings,
  },
  'kubernetes.Namespace': {
    metadata: 'kubernetes.NamespaceMetadata',
    spec: 'kubernetes.NamespaceSpec',
    status: 'kubernetes.NamespaceStatus',
  },
} as const;

/** What a policy's expressions may speak of besides the request. */
export interface PolicyVariables {
  readonly params: boolean;
  readonly authorizer: boolean;
  /** Whether its expressions make patches. */
  readonly mutation?: boolean;
}
const environments = new Map<string, CelEnvironment>();

/** The environment of a policy's expressions, with objects of any type. */
export function policyEnvironment({ params, authorizer, mutation = false }: PolicyVariables): CelEnvironment {
  const key = `${params} ${authorizer} ${mutation}`;
  let environment = environments.get(key);
  if (environment === undefined) {
    const variables = {
      object: 'dyn',
      oldObject: 'dyn',
      request: 'kubernetes.AdmissionRequest',
      namespaceObject: 'kubernetes.Namespace',
      ...(params ? { params: 'dyn' } : {}),
      ...(authorizer ? { authorizer: 'kubernetes.authorization.Authorizer' } : {}),
    };
    environments.set(key, (environment = celEnvironment({ variables, types, mutation })));
  }
  return environment;
}

/** The same with objects of known types: for warnings about expressions that can never hold. */
export function typedPolicyEnvironment(
  objectType: string,
  paramsType: string | undefined,
  objectTypes: Readonly<Record<string, Readonly<Record<string, string>>>>,
): CelEnvironment {
  const variables = {
    object: objectType,
    oldObject: objectType,
    request: 'kubernetes.AdmissionRequest',
    namespaceObject: 'kubernetes.Namespace',
    authorizer: 'kubernetes.authorization.Authorizer',
    ...(paramsType === undefined ? {} : { params: paramsType }),
  };
  return celEnvironment({ variables, types: { ...types, ...objectTypes } });
}

export interface NamedExpression {
  readonly name: string;
  readonly expression: string;
}
export interface CompiledVariable {
  readonly name: string;
  readonly compiled: Compiled;
}

/** The variables of a policy, and the environments in which its other expressions can use them. */
export interface Composition {
  readonly variables: readonly CompiledVariable[];
  within(base: CelEnvironment): CelEnvironment;
}

/**
 * Compiles a policy's variables, each of which may use those before it, as fields of `variables`
 * (apiserver/pkg/admission/plugin/cel/composition.go).
 */
export function composeVariables(base: CelEnvironment, variables: readonly NamedExpression[]): Composition {
  const fields: Record<string, string> = {};
  const name = 'kubernetes.variables';
  const within = (other: CelEnvironment): CelEnvironment =>
    variables.length === 0 ? other : other.extend({ variables: { variables: name }, types: { [name]: { ...fields } } });
  const compiled = variables.map((variable) => {
    const result = within(base).compile(variable.expression);
    fields[variable.name] = result.ok ? result.program.type : 'dyn';
    return { name: variable.name, compiled: result };
  });
  return { variables: compiled, within };
}

export type PolicyExpression = { readonly ok: true; readonly program: Program } | { readonly ok: false; readonly error: string };

/** Compiles an expression that has to give one of some types (compile.go, CompileCELExpression). No types: any will do. */
export function compileTyped(environment: CelEnvironment, text: string, returns: readonly string[] = []): PolicyExpression {
  const compiled = environment.compile(text);
  if (!compiled.ok) return { ok: false, error: `compilation failed: ${compiled.error}` };
  const type = compiled.program.outputType === 'null' ? 'null_type' : compiled.program.outputType;
  if (returns.length === 0 || returns.includes(type)) return compiled;
  const wanted = returns.length === 1 ? returns[0]! : `one of [${returns.join(' ')}]`;
  return { ok: false, error: `must evaluate to ${wanted} but got ${type}` };
}
