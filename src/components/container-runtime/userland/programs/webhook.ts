import { parse } from 'yaml';
import { encodeBase64 } from '#base/base64.ts';
import { isObject, type Json, type JsonObject } from '#base/json.ts';
import { compileTyped, evaluate, fromCel, policyEnvironment, runtimeCostBudget } from '#api/cel/index.ts';
import type { ServedRequest } from '../types.ts';
import type { Call } from './program.ts';

/**
 * A server of admission webhooks whose rules are data: the first rule that is meant is the answer; where there is none,
 * everything is allowed.
 */
export interface Rule {
  /** Of the URL; every path where there is none. */
  readonly path?: string;
  /** An expression over `object`, `oldObject` and `request`; always where there is none. */
  readonly when?: string;
  readonly allow?: boolean;
  readonly message?: string;
  /** An expression that makes the message. */
  readonly messageExpression?: string;
  readonly code?: number;
  readonly reason?: string;
  readonly warnings?: readonly string[];
  readonly auditAnnotations?: Readonly<Record<string, string>>;
  /** Operations of a JSON patch. */
  readonly patch?: readonly Json[];
  readonly delaySeconds?: number;
  /** Never answers. */
  readonly silent?: boolean;
  /** Answers with this status or this text instead of a review. */
  readonly status?: number;
  readonly answer?: string;
}

type Request = Extract<ServedRequest, { readonly type: 'http' }>;
export interface RuleAnswer {
  readonly body: string;
  readonly status?: number;
  readonly type?: string;
  /** Infinity: it never comes. */
  readonly afterMs?: number;
}

/** The value of an expression over a review's request; a text in `error` where it has none. */
function valueOf(expression: string, request: JsonObject): { readonly value: unknown } | { readonly error: string } {
  const compiled = compileTyped(policyEnvironment({ params: false, authorizer: false }), expression);
  if (!compiled.ok) return compiled;
  const { object = null, oldObject = null, ...rest } = request;
  const result = evaluate(compiled.program, { object, oldObject, request: rest, namespaceObject: null }, runtimeCostBudget);
  return result.ok ? { value: fromCel(result.value) } : { error: result.error };
}

class RuleFailure extends Error {}

function evaluated(expression: string, request: JsonObject): unknown {
  const result = valueOf(expression, request);
  if ('error' in result) throw new RuleFailure(`${expression}: ${result.error}`);
  return result.value;
}

function responseOf(rule: Rule, request: JsonObject): JsonObject {
  const { allow = true, code, reason, warnings, auditAnnotations, patch, messageExpression } = rule;
  const message = messageExpression === undefined ? rule.message : String(evaluated(messageExpression, request));
  const status = {
    ...(message === undefined ? {} : { message }),
    ...(reason === undefined ? {} : { reason }),
    ...(code === undefined ? {} : { code }),
  };
  return {
    uid: request['uid'] ?? '',
    allowed: allow,
    ...(Object.keys(status).length === 0 ? {} : { status }),
    ...(warnings === undefined ? {} : { warnings }),
    ...(auditAnnotations === undefined ? {} : { auditAnnotations }),
    ...(patch === undefined ? {} : { patch: encodeBase64(JSON.stringify(patch)), patchType: 'JSONPatch' }),
  };
}

/** What the rules say of a review. */
export function answerByRules(rules: readonly Rule[], { path, body }: Pick<Request, 'path' | 'body'>): RuleAnswer {
  let review: unknown;
  try {
    review = JSON.parse(body);
  } catch {
    review = undefined;
  }
  const request = isObject(review) && isObject(review['request']) ? review['request'] : undefined;
  if (request === undefined) return { body: 'this is no AdmissionReview\n', status: 400 };
  const [place = '/'] = path.split('?');
  try {
    const rule = rules.find(
      (item) => (item.path ?? place) === place && (item.when === undefined || evaluated(item.when, request) === true),
    ) ?? { allow: true };
    const afterMs = rule.silent === true ? Infinity : (rule.delaySeconds ?? 0) * 1000;
    if (rule.answer !== undefined || rule.status !== undefined)
      return { body: rule.answer ?? '', status: rule.status ?? 200, type: 'application/json', afterMs };
    const answer = { kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', response: responseOf(rule, request) };
    return { body: JSON.stringify(answer), type: 'application/json', afterMs };
  } catch (error) {
    if (!(error instanceof RuleFailure)) throw error;
    return { body: `${error.message}\n`, status: 500 };
  }
}

/** The rules that a text holds, or why there are none. */
function rulesOf(text: string): readonly Rule[] | string {
  try {
    const rules: unknown = parse(text);
    if (Array.isArray(rules) && rules.every(isObject)) return rules as readonly Rule[];
    return 'rules have to be a list of objects';
  } catch (error) {
    return error instanceof Error ? error.message.split('\n')[0]! : String(error);
  }
}

/** The rules of `orrery/webhook`: of the variable RULES, or of the file that RULES_FILE names; they are read for each request. */
export function answerByConfiguration(call: Call, request: Request): RuleAnswer {
  const file = call.variable('RULES_FILE') ?? '/etc/webhook/rules.yaml';
  const text = call.variable('RULES') ?? call.system.files.read(file);
  const rules = text === undefined ? `open ${file}: no such file or directory` : rulesOf(text);
  if (typeof rules === 'string') {
    call.err(`${rules}\n`);
    return { body: `${rules}\n`, status: 500 };
  }
  return answerByRules(rules, request);
}

const label = 'webhook-e2e-test';
const has = (key: string, value: string): string => `has(object.data) && "${key}" in object.data && object.data["${key}"] == "${value}"`;
const labelled = (value: string): string =>
  `has(object.metadata.labels) && "${label}" in object.metadata.labels && object.metadata.labels["${label}"] == "${value}"`;
const stage = (from: string, to: string): Rule => ({
  path: '/mutating-configmaps',
  when: has(from, 'yes'),
  patch: [{ op: 'add', path: `/data/${to}`, value: 'yes' }],
});

/** `agnhost webhook` (test/images/agnhost/webhook): handlers for tests, by their paths. */
export const agnhostRules: readonly Rule[] = [
  { path: '/always-deny', allow: false, message: 'this webhook denies all requests' },
  { path: '/always-allow-delay-5s', delaySeconds: 5, message: 'this webhook allows all requests' },
  {
    path: '/add-label',
    when: '!has(object.metadata.labels) || size(object.metadata.labels) == 0',
    patch: [{ op: 'add', path: '/metadata/labels', value: { 'added-label': 'yes' } }],
  },
  {
    path: '/add-label',
    when: '!("added-label" in object.metadata.labels) || object.metadata.labels["added-label"] != "yes"',
    patch: [{ op: 'add', path: '/metadata/labels/added-label', value: 'yes' }],
  },
  { path: '/pods', when: labelled('wait-forever'), silent: true },
  {
    path: '/pods',
    when: `(${labelled('webhook-disallow')}) && object.spec.containers.exists(c, c.name.contains("webhook-disallow"))`,
    allow: false,
    message: 'the pod contains unwanted label; the pod contains unwanted container name;',
  },
  { path: '/pods', when: labelled('webhook-disallow'), allow: false, message: 'the pod contains unwanted label;' },
  {
    path: '/pods',
    when: 'object.spec.containers.exists(c, c.name.contains("webhook-disallow"))',
    allow: false,
    message: 'the pod contains unwanted container name;',
  },
  {
    path: '/mutating-pods',
    when: 'has(object.metadata.name) && object.metadata.name == "webhook-to-be-mutated"',
    patch: [
      {
        op: 'add',
        path: '/spec/initContainers',
        value: [{ image: 'webhook-added-image', name: 'webhook-added-init-container', resources: {} }],
      },
    ],
  },
  {
    path: '/configmaps',
    when: has(label, 'webhook-disallow'),
    allow: false,
    message: 'the configmap contains unwanted key and value',
  },
  stage('mutation-start', 'mutation-stage-1'),
  stage('mutation-stage-1', 'mutation-stage-2'),
];
