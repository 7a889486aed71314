import { breakdownRule, compactRules, ruleText } from '#api/rbac.ts';
import type { PolicyRule } from '#api/types.generated.ts';
import type { Context } from '../context.ts';
import { discover, lookUp } from '../discovery.ts';
import { checked, CommandError, SilentExit } from '../errors.ts';
import { call, print, printError, type Command } from '../operations.ts';
import { alignRows } from '../printers/tab-writer.ts';

interface AccessReview {
  readonly status?: { readonly allowed?: boolean; readonly reason?: string; readonly evaluationError?: string };
}

/** `kubectl auth can-i VERB RESOURCE` (kubectl/pkg/cmd/auth/cani.go). */
export function* canI(context: Context): Command<void> {
  const { flags, args } = context;
  if (flags.boolean('list')) return yield* listRules(context);
  const [verb, word, more] = args;
  if (verb === undefined || word === undefined || args.length > 3)
    throw new CommandError(
      "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.",
    );
  const attributes = word.startsWith('/')
    ? { nonResourceAttributes: { verb, path: word } }
    : { resourceAttributes: yield* attributesOf(context, verb, word, more ?? '') };
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    metadata: {},
    spec: attributes,
    status: { allowed: false },
  };
  const { status } = checked(yield* call({ method: 'POST', path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', body }))
    .body as AccessReview;
  const allowed = status?.allowed === true;
  const reason = status?.reason === undefined || status.reason === '' ? '' : ` - ${status.reason}`;
  if (!flags.boolean('quiet'))
    yield* print(allowed ? 'yes\n' : `no${reason}${status?.evaluationError ? ` - ${status.evaluationError}` : ''}\n`);
  if (!allowed) throw new SilentExit(1);
}

function* attributesOf(context: Context, verb: string, word: string, name: string): Command<Readonly<Record<string, string>>> {
  const [type = '', inline = ''] = word.split('/');
  const subresource = context.flags.text('subresource');
  const resource = type === '*' ? undefined : lookUp(yield* discover(), type);
  if (resource !== undefined)
    yield* call({
      method: 'GET',
      path: resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`,
    });
  if (resource === undefined && type !== '*') yield* printError(`Warning: the server doesn't have a resource type '${type}'\n\n`);
  if (resource !== undefined && !resource.namespaced && context.namespaceGiven)
    yield* printError(
      `Warning: resource '${resource.plural}' is not namespace scoped${resource.group === '' ? '' : ` in group '${resource.group}'`}\n\n`,
    );
  else if (resource !== undefined && !resource.namespaced)
    yield* printError(
      `Warning: resource '${resource.plural}' is not namespace scoped${resource.group === '' ? '' : ` in group '${resource.group}'`}\n\n`,
    );
  const namespace = context.flags.boolean('all-namespaces') ? '' : context.namespace;
  const objectName = name === '' ? inline : name;
  return {
    ...(namespace === '' ? {} : { namespace }),
    verb,
    ...(resource === undefined || resource.group === '' ? {} : { group: resource.group }),
    resource: resource?.plural ?? type,
    ...(subresource === '' ? {} : { subresource }),
    ...(objectName === '' ? {} : { name: objectName }),
  };
}

interface Rules {
  readonly status?: {
    readonly resourceRules?: readonly PolicyRule[];
    readonly nonResourceRules?: readonly PolicyRule[];
    readonly incomplete?: boolean;
    readonly evaluationError?: string;
  };
}

/** `pods/log` of a group as `pods.group/log` (describe.CombineResourceGroup). */
function combined([resource]: readonly string[], [group = '']: readonly string[]): string {
  if (resource === undefined) return '';
  const [plural, subresource] = resource.split(/\/(.*)/s);
  return `${plural}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
}

/** `kubectl auth can-i --list`: one line for each resource, sorted by what may be done (cani.go, printStatus). */
function* listRules(context: Context): Command<void> {
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectRulesReview',
    metadata: {},
    spec: { namespace: context.namespace },
  };
  const response = checked(yield* call({ method: 'POST', path: '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', body }));
  const { status = {} } = response.body as Rules;
  if (status.incomplete === true) yield* printError(`warning: the list may be incomplete: ${status.evaluationError ?? ''}\n`);
  const rules = compactRules([...(status.resourceRules ?? []), ...(status.nonResourceRules ?? [])].flatMap(breakdownRule));
  const sorted = rules.map((rule) => ({ rule, text: ruleText(rule) })).sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  const list = (values: readonly string[] | undefined): string => `[${(values ?? []).join(' ')}]`;
  const rows = sorted.map(({ rule }) => [
    combined(rule.resources ?? [], rule.apiGroups ?? []),
    list(rule.nonResourceURLs),
    list(rule.resourceNames),
    list(rule.verbs),
  ]);
  const headers = context.flags.boolean('no-headers') ? [] : [['Resources', 'Non-Resource URLs', 'Resource Names', 'Verbs']];
  yield* print(alignRows([...headers, ...rows]).text);
}

/** `kubectl auth whoami`. */
export function* whoAmI(): Command<void> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview', metadata: {} };
  const response = checked(yield* call({ method: 'POST', path: '/apis/authentication.k8s.io/v1/selfsubjectreviews', body }));
  const { status } = response.body as {
    readonly status?: {
      readonly userInfo?: {
        readonly username?: string;
        readonly uid?: string;
        readonly groups?: readonly string[];
        readonly extra?: Readonly<Record<string, readonly string[]>>;
      };
    };
  };
  const { username = '', uid = '', groups = [], extra = {} } = status?.userInfo ?? {};
  const rows = [
    ['ATTRIBUTE', 'VALUE'],
    ['Username', username],
    ...(uid === '' ? [] : [['UID', uid]]),
    ['Groups', `[${groups.join(' ')}]`],
    ...Object.keys(extra)
      .sort()
      .map((key) => [`Extra: ${key}`, `[${extra[key]!.join(' ')}]`]),
  ];
  yield* print(alignRows(rows).text);
}
