import type { KubeObject } from '../object.ts';
import type { MutatingWebhook, ServiceReference, ValidatingWebhook } from '../types.generated.ts';
import { duplicate, invalid, notSupported, required, type FieldError } from './field-error.ts';
import { label1035, label1035Detail, subdomain, subdomainDetail } from './name-rules.ts';
import { conditionErrors, oneOf, ruleErrors } from './policy-validation.ts';

/** pkg/apis/admissionregistration/validation: configurations of admission webhooks. */

type Webhook = MutatingWebhook & ValidatingWebhook;

/** IsFullyQualifiedName. */
function fullyQualified(field: string, name: string | undefined): FieldError[] {
  if (name === undefined || name === '') return [required(field)];
  if (!subdomain.test(name)) return [invalid(field, name, subdomainDetail)];
  return name.split('.').length < 3 ? [invalid(field, name, 'should be a domain with at least three segments separated by dots')] : [];
}

const form = '; desired format: https://host[/path]';

/** apiserver/pkg/util/webhook/validation.go, ValidateWebhookURL. */
function urlErrors(field: string, url: string): FieldError[] {
  const [, scheme = '', user, host = '', , query, fragment] =
    /^(?:([a-z][a-z\d+.-]*):)?(?:\/\/(?:([^@/?#]*)@)?([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/i.exec(url) ?? [];
  const errors: FieldError[] = [];
  if (scheme !== 'https') errors.push(invalid(field, scheme, `'https' is the only allowed URL scheme${form}`));
  if (host === '') errors.push(invalid(field, host, `host must be specified${form}`));
  if (user !== undefined) errors.push(invalid(field, user, 'user information is not permitted in the URL'));
  if ((fragment ?? '') !== '') errors.push(invalid(field, fragment, 'fragments are not permitted in the URL'));
  if ((query ?? '') !== '') errors.push(invalid(field, query, 'query parameters are not permitted in the URL'));
  return errors;
}

/** ValidateWebhookService. */
function serviceErrors(field: string, { name, namespace, path = '/', port = 443 }: Partial<ServiceReference>): FieldError[] {
  const errors: FieldError[] = [];
  if ((name ?? '') === '') errors.push(required(`${field}.name`));
  if ((namespace ?? '') === '') errors.push(required(`${field}.namespace`));
  if (port < 1 || port > 65535) errors.push(invalid(`${field}.port`, port, 'port is not valid: must be between 1 and 65535, inclusive'));
  if (path === '/' || path === '') return errors;
  if (path === '//') return [...errors, invalid(`${field}.path`, path, 'segment[0] may not be empty')];
  if (!path.startsWith('/')) errors.push(invalid(`${field}.path`, path, "must start with a '/'"));
  for (const [index, step] of path.slice(1).replace(/\/$/, '').split('/').entries()) {
    if (step === '') errors.push(invalid(`${field}.path`, path, `segment[${index}] may not be empty`));
    else if (!subdomain.test(step)) errors.push(invalid(`${field}.path`, path, `segment[${index}]: ${subdomainDetail}`));
  }
  return errors;
}

const versions = ['v1', 'v1beta1'];
function versionErrors(field: string, given: readonly string[]): FieldError[] {
  if (given.length === 0) return [required(field, `must specify one of ${versions.join(', ')}`)];
  const errors = given.flatMap((version, index): FieldError[] => {
    if (given.indexOf(version) < index) return [invalid(`${field}[${index}]`, version, 'duplicate version')];
    return label1035.test(version) && version.length <= 63 ? [] : [invalid(`${field}[${index}]`, version, label1035Detail)];
  });
  if (!given.some((version) => versions.includes(version)))
    errors.push(invalid(field, given, `must include at least one of ${versions.join(', ')}`));
  return errors;
}

const sideEffects = ['None', 'NoneOnDryRun'];
const given = (field: string, value: string | undefined, values: readonly string[]): FieldError[] =>
  value === undefined ? [] : oneOf(field, value, values);

function hookErrors(hook: Partial<Webhook>, at: string): FieldError[] {
  const errors = [
    ...fullyQualified(`${at}.name`, hook.name),
    ...(hook.rules ?? []).flatMap((rule, index) => ruleErrors(rule, `${at}.rules[${index}]`)),
    ...given(`${at}.failurePolicy`, hook.failurePolicy, ['Fail', 'Ignore']),
    ...given(`${at}.matchPolicy`, hook.matchPolicy, ['Equivalent', 'Exact']),
  ];
  const effects = hook.sideEffects as string | undefined;
  if (effects === undefined) errors.push(required(`${at}.sideEffects`, `must specify one of ${sideEffects.join(', ')}`));
  else if (!sideEffects.includes(effects)) errors.push(notSupported(`${at}.sideEffects`, effects, sideEffects));
  const { timeoutSeconds = 10, clientConfig = {} } = hook;
  if (timeoutSeconds > 30 || timeoutSeconds < 1)
    errors.push(invalid(`${at}.timeoutSeconds`, timeoutSeconds, 'the timeout value must be between 1 and 30 seconds'));
  errors.push(...given(`${at}.reinvocationPolicy`, hook.reinvocationPolicy, ['IfNeeded', 'Never']));
  const { url, service } = clientConfig;
  if ((url === undefined) === (service === undefined))
    errors.push(required(`${at}.clientConfig`, 'exactly one of url or service is required'));
  else if (url !== undefined) errors.push(...urlErrors(`${at}.clientConfig.url`, url));
  else errors.push(...serviceErrors(`${at}.clientConfig.service`, service!));
  return [...errors, ...conditionErrors(hook.matchConditions ?? [], false, `${at}.matchConditions`)];
}

/** ValidateMutatingWebhookConfiguration and ValidateValidatingWebhookConfiguration. */
export function webhookConfiguration(object: KubeObject): FieldError[] {
  const hooks = (object['webhooks'] ?? []) as readonly Partial<Webhook>[];
  return hooks.flatMap((hook, index) => {
    const at = `webhooks[${index}]`;
    const errors = [...hookErrors(hook, at), ...versionErrors(`${at}.admissionReviewVersions`, hook.admissionReviewVersions ?? [])];
    const before = hooks.findIndex((other) => other.name === hook.name);
    return before < index && (hook.name ?? '') !== '' ? [...errors, duplicate(`${at}.name`, hook.name!)] : errors;
  });
}
