import { decodeBase64 } from '#base/base64.ts';
import { deepEqual, isObject } from '#base/json.ts';
import type { KubeObject, Status } from '#api/object.ts';
import { applyJsonPatch, PatchError } from '#api/patch/index.ts';
import type { ResourceDefinition } from '#api/resources/index.ts';
import { internalError } from '#api/resources/status-errors.ts';
import { attributesOf } from '../policies/attributes.ts';
import type { AdmissionRequest } from '../admission.ts';
import type { Reinvocation } from '../policies/mutating.ts';
import type { ApiServerState } from '../state.ts';
import type { Asking, MutatedByWebhooks } from './asking.ts';
import { annotationsOf, failedCall, prepare, read, type Prepared } from './calling.ts';
import { hooksOf, isAboutAdmission, meant } from './hooks.ts';
import { rejection, type CallFailure, type Review } from './review.ts';

type Patched = { readonly object: KubeObject | undefined; readonly patch?: unknown } | { readonly refused: Status } | CallFailure;

/** The object as the patch of a webhook makes it (the second half of callAttrMutatingHook). */
function patched(object: KubeObject | undefined, { patch, patchType }: Review, name: string, resource: ResourceDefinition): Patched {
  if (patch === '') return { object };
  let operations: unknown;
  try {
    operations = JSON.parse(decodeBase64(patch));
  } catch {
    return { reason: 'received undecodable patch in webhook response: invalid character in JSON' };
  }
  if (!Array.isArray(operations))
    return {
      reason: 'received undecodable patch in webhook response: json: cannot unmarshal object into Go value of type jsonpatch.Patch',
    };
  if (operations.length === 0) return { object };
  if (object === undefined)
    return {
      refused: internalError(
        `admission webhook ${JSON.stringify(name)} attempted to modify the object, which is not supported for this operation`,
      ),
    };
  if (patchType !== 'JSONPatch') return { reason: `unsupported patch type ${JSON.stringify(patchType)}` };
  try {
    const next = applyJsonPatch(object, operations);
    if (!isObject(next) || !isObject(next['metadata'])) return { refused: internalError("Object 'Kind' is missing in patched object") };
    const decoded = resource.decode(next as unknown as KubeObject, object);
    if ('wrong' in decoded) return { refused: internalError(decoded.wrong) };
    return { object: resource.applyDefaults(decoded.object), patch: operations };
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    return { refused: internalError(error.message) };
  }
}

/** What the audit log is told of one call (mutating/dispatcher.go, webhookAnnotator). */
function notes({ asked }: Prepared, round: number, index: number, changed: boolean, patch: unknown): Record<string, string> {
  const place = `round_${round}_index_${index}`;
  const { configuration, hook } = asked;
  return {
    [`mutation.webhook.admission.k8s.io/${place}`]: JSON.stringify({ configuration, webhook: hook.name, mutated: changed }),
    ...(patch === undefined
      ? {}
      : {
          [`patch.webhook.admission.k8s.io/${place}`]: JSON.stringify({ configuration, webhook: hook.name, patch, patchType: 'JSONPatch' }),
        }),
  };
}

/** The plug-in MutatingAdmissionWebhook: one after the other is asked (webhook/mutating/dispatcher.go, Dispatch). */
export function* mutating(state: ApiServerState, request: AdmissionRequest, memory: Reinvocation): Asking<MutatedByWebhooks> {
  let { object, random } = request;
  const warnings: string[] = [];
  const annotations: Record<string, string> = {};
  // Other plug-ins have changed the object since: whatever may be invoked again is.
  let { invoked, due } = memory.again && memory.output !== object ? { invoked: [], due: [...memory.due, ...memory.invoked] } : memory;
  const wanted = new Set(due);
  const round = memory.again ? 1 : 0;
  const ended = (refused: Status | undefined): MutatedByWebhooks => ({
    object,
    random,
    refused,
    warnings,
    annotations,
    memory: { again: memory.again, invoked, due, output: object },
  });
  if (isAboutAdmission(attributesOf(state, request))) return ended(undefined);
  for (const [index, hook] of hooksOf(state, 'mutating').entries()) {
    const attributes = attributesOf(state, { ...request, object });
    const found = meant(state, hook, attributes);
    if (found === undefined) continue;
    if ('refused' in found) return ended(found.refused);
    // What was not asked in the first round is not asked in the second.
    if (memory.again && !wanted.has(hook.uid)) continue;
    const [prepared, after] = prepare(state, hook, attributes, found.matched, random);
    random = after;
    if (prepared.refused !== undefined) return ended(prepared.refused);
    const [outcome] = prepared.call === undefined ? [] : yield [prepared.call];
    const review = read(prepared, outcome, true);
    let result: Patched;
    if ('reason' in review) result = review;
    else {
      warnings.push(...review.warnings);
      Object.assign(annotations, annotationsOf(prepared, review));
      result = review.allowed
        ? patched(object, review, hook.hook.name, request.resource)
        : { refused: rejection(hook.hook.name, review.result) };
    }
    const changed = 'object' in result && !deepEqual(result.object, object);
    Object.assign(annotations, notes(prepared, round, index, changed, 'object' in result ? result.patch : undefined));
    if (changed) {
      due = [...due, ...invoked];
      invoked = [];
      ({ object } = result as { readonly object: KubeObject });
    }
    if (hook.hook.reinvocationPolicy === 'IfNeeded') invoked = [...invoked, hook.uid];
    if ('refused' in result) return ended(result.refused);
    if ('reason' in result) {
      if (hook.hook.failurePolicy !== 'Ignore') return ended(failedCall(prepared, result));
      annotations[`failed-open.mutation.webhook.admission.k8s.io/round_${round}_index_${index}`] = hook.hook.name;
    }
  }
  return ended(undefined);
}
