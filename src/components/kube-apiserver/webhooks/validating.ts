import type { Status } from '#api/object.ts';
import { attributesOf } from '../policies/attributes.ts';
import type { AdmissionRequest } from '../admission.ts';
import type { PolicyVerdict } from '../policies/validating.ts';
import type { ApiServerState } from '../state.ts';
import type { Asking } from './asking.ts';
import { annotationsOf, failedCall, prepare, read, type Prepared } from './calling.ts';
import { hooksOf, isAboutAdmission, meant } from './hooks.ts';
import { rejection } from './review.ts';

/** The plug-in ValidatingAdmissionWebhook: all that are meant are asked at once (webhook/validating/dispatcher.go, Dispatch). */
export function* validating(state: ApiServerState, request: AdmissionRequest): Asking<PolicyVerdict> {
  const attributes = attributesOf(state, request);
  const warnings: string[] = [];
  const annotations: Record<string, string> = {};
  const verdict = (refused: Status | undefined): PolicyVerdict => ({ refused, warnings, annotations });
  if (isAboutAdmission(attributes)) return verdict(undefined);
  const all: Prepared[] = [];
  let { random } = request;
  for (const hook of hooksOf(state, 'validating')) {
    const found = meant(state, hook, attributes);
    if (found === undefined) continue;
    if ('refused' in found) return verdict(found.refused);
    const [prepared, after] = prepare(state, hook, attributes, found.matched, random);
    random = after;
    all.push(prepared);
  }
  const calls = all.flatMap(({ call }) => (call === undefined ? [] : [call]));
  const outcomes = calls.length === 0 ? [] : yield calls;
  let first: Status | undefined;
  let position = 0;
  for (const [index, prepared] of all.entries()) {
    const { hook } = prepared.asked;
    const outcome = prepared.call === undefined ? undefined : outcomes[position++];
    if (prepared.refused !== undefined) {
      first ??= prepared.refused;
      continue;
    }
    const review = read(prepared, outcome, false);
    if ('reason' in review) {
      if (hook.failurePolicy !== 'Ignore') first ??= failedCall(prepared, review);
      else annotations[`failed-open.validating.webhook.admission.k8s.io/round_0_index_${index}`] = hook.name;
      continue;
    }
    warnings.push(...review.warnings);
    Object.assign(annotations, annotationsOf(prepared, review));
    if (!review.allowed) first ??= rejection(hook.name, review.result);
  }
  return verdict(first);
}
