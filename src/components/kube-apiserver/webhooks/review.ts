import { toCompactJson } from '#base/go-json.ts';
import { isObject, type Json, type JsonObject } from '#base/json.ts';
import type { Status } from '#api/object.ts';
import type { ResourceDefinition } from '#api/resources/index.ts';
import { requestVariable, type Attributes } from '../policies/attributes.ts';
import type { WebhookOutcome } from './asking.ts';
import type { Found } from './target.ts';

/** What a webhook is asked (webhook/request/admissionreview.go, CreateV1AdmissionReview). */
export function reviewOf(attributes: Attributes, matched: ResourceDefinition, uid: string): Json {
  const { object, old } = attributes;
  const served = (item: typeof object): Json => (item === undefined ? null : (matched.asServed(item) as unknown as Json));
  const request = requestVariable(attributes, matched) as JsonObject;
  return {
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: { uid, ...request, object: served(object), oldObject: served(old) },
  };
}

/** What a webhook has answered. */
export interface Review {
  readonly allowed: boolean;
  readonly result: Partial<Status> | undefined;
  readonly patch: string;
  readonly patchType: string;
  readonly warnings: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
}
/** Why there is no answer: what follows `failed calling webhook "…": `. */
export interface CallFailure {
  readonly reason: string;
}

const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

/** What Go's decoder says of a text that is no JSON. */
function syntaxError(body: string): string {
  const start = body.trimStart();
  if (start === '') return 'unexpected end of JSON input';
  const [first = ''] = start;
  return /["[{tfn\d-]/.test(first) ? 'unexpected end of JSON input' : `invalid character '${first}' looking for beginning of value`;
}

/** What an HTTP answer that is no success is told as (apimachinery/pkg/api/errors, NewGenericServerResponse). */
function serverError(status: number, body: string): string {
  const known: Readonly<Record<number, string>> = {
    400: 'the server rejected our request for an unknown reason',
    401: 'the server has asked for the client to provide credentials',
    403: body === '' ? 'unknown' : body,
    404: 'the server could not find the requested resource',
    405: 'the server does not allow this method on the requested resource',
    409: 'the server reported a conflict',
    429: 'the server has received too many requests and has asked us to try again later',
    503: 'the server is currently unable to handle the request',
    504: 'the server was unable to return a response in the time allotted, but may still be processing the request',
  };
  if (status >= 500 && known[status] === undefined)
    return `an error on the server (${JSON.stringify(body === '' ? 'unknown' : body)}) has prevented the request from succeeding`;
  return known[status] ?? `the server responded with the status code ${status} but did not return more information`;
}

/** The object that came back, or why there is none (client-go/rest/request.go, Do and Into). */
function decoded(outcome: WebhookOutcome, found: Found): JsonObject | CallFailure {
  const failed = (reason: string): CallFailure => ({ reason: `failed to call webhook: ${reason}` });
  const post = (reason: string): CallFailure => failed(`Post "${found.url}": ${reason}`);
  if (outcome === 'deadline') return post('context deadline exceeded');
  if (outcome.type === 'failed')
    return post(outcome.failure === 'refused' ? `dial tcp ${found.dialled}: connect: connection refused` : 'context deadline exceeded');
  if (outcome.type !== 'http') return post('EOF');
  const { status, body, headers } = outcome;
  if (status < 200 || status > 206) return failed(serverError(status, body.trim()));
  const contentType = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  if (contentType !== '' && contentType.split(';')[0]!.trim() !== 'application/json')
    return failed(`serializer for ${contentType} doesn't exist`);
  if (body === '') return failed(`0-length response with status code: ${status} and content type: ${contentType}`);
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return failed(`couldn't get version/kind; json parse error: ${syntaxError(body)}`);
  }
  if (!isObject(value)) {
    const type = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
    return failed(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${type} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
    );
  }
  if (text(value['kind']) === '') return failed(`Object 'Kind' is missing in '${toCompactJson(value)}'`);
  return value;
}

/** What is wrong with an answer (webhook/request/admissionreview.go, VerifyAdmissionResponse). */
function complaint(review: JsonObject, response: JsonObject | undefined, uid: string, mutating: boolean): string | undefined {
  if (response === undefined) return 'webhook response was absent';
  if (text(response['uid']) !== uid) return `expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(text(response['uid']))}`;
  const [group = '', version = ''] = text(review['apiVersion']).split('/');
  const got = `${group}/${version}, Kind=${text(review['kind'])}`;
  if (got !== 'admission.k8s.io/v1, Kind=AdmissionReview')
    return `expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got ${got}`;
  const patch = text(response['patch']) !== '';
  const patchType = response['patchType'] ?? undefined;
  if (!mutating) {
    if (patch) return 'validating webhook may not return response.patch';
    return patchType === undefined ? undefined : 'validating webhook may not return response.patchType';
  }
  if (patch && patchType === undefined) return 'webhook returned response.patch but not response.patchType';
  if (!patch && patchType !== undefined) return 'webhook returned response.patchType but not response.patch';
  return patchType === '' ? 'webhook returned invalid response.patchType of ""' : undefined;
}

/** Reads what came back of a call. */
export function answerOf(outcome: WebhookOutcome, found: Found, uid: string, mutating: boolean): Review | CallFailure {
  const review = decoded(outcome, found);
  if ('reason' in review && !('kind' in review)) return review as CallFailure;
  const body = review as JsonObject;
  const response = isObject(body['response']) ? body['response'] : undefined;
  const wrong = complaint(body, response, uid, mutating);
  if (wrong !== undefined) return { reason: `received invalid webhook response: ${wrong}` };
  const warnings = response!['warnings'];
  const annotations = response!['auditAnnotations'];
  return {
    allowed: response!['allowed'] === true,
    result: isObject(response!['status']) ? (response!['status'] as unknown as Partial<Status>) : undefined,
    patch: text(response!['patch']),
    patchType: text(response!['patchType']),
    warnings: Array.isArray(warnings) ? warnings.map(String) : [],
    annotations: isObject(annotations) ? Object.fromEntries(Object.entries(annotations).map(([key, value]) => [key, String(value)])) : {},
  };
}

/** What a refused write is answered (webhook/errors/statuserror.go, ToStatusErr). */
export function rejection(name: string, result: Partial<Status> | undefined): Status {
  const by = `admission webhook ${JSON.stringify(name)} denied the request`;
  const { message = '', reason = '', code = 0, details } = result ?? {};
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: message !== '' ? `${by}: ${message}` : reason !== '' ? `${by}: ${reason}` : `${by} without explanation`,
    ...(reason === '' ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code: code < 400 ? 400 : code,
  };
}
