import type { RandomState } from '#base/random.ts';
import { newUid } from '#api/names.ts';
import type { Status } from '#api/object.ts';
import type { ResourceDefinition } from '#api/resources/index.ts';
import { badRequest, internalError } from '#api/resources/status-errors.ts';
import type { Attributes } from '../policies/attributes.ts';
import type { ApiServerState } from '../state.ts';
import type { WebhookCall, WebhookOutcome } from './asking.ts';
import type { Hook } from './hooks.ts';
import { answerOf, reviewOf, type CallFailure, type Review } from './review.ts';
import { targetOf, type Found } from './target.ts';

/** One webhook that is asked: what is sent, or why nothing can be. */
export interface Prepared {
  readonly asked: Hook;
  readonly uid: string;
  readonly found: Found;
  readonly call: WebhookCall | undefined;
  readonly refused: Status | undefined;
}

/** Makes the call of a webhook (the first half of callAttrMutatingHook and of callHook). */
export function prepare(
  state: ApiServerState,
  asked: Hook,
  attributes: Attributes,
  matched: ResourceDefinition,
  random: RandomState,
): readonly [Prepared, RandomState] {
  const { hook } = asked;
  const found = targetOf(state, hook);
  const [uid, after] = newUid(random);
  const unsafe = attributes.dryRun && hook.sideEffects !== 'None' && hook.sideEffects !== 'NoneOnDryRun';
  const refused = unsafe ? badRequest(`admission webhook ${JSON.stringify(hook.name)} does not support dry run`) : undefined;
  const { target } = found;
  const call =
    typeof target === 'string' || unsafe
      ? undefined
      : {
          ...target,
          host: found.host,
          path: found.path,
          body: reviewOf(attributes, matched, uid),
          timeoutMs: (hook.timeoutSeconds ?? 10) * 1000,
        };
  return [{ asked, uid, found, call, refused }, after];
}

/** What a webhook has said, or why it has said nothing. */
export function read({ found, uid }: Prepared, outcome: WebhookOutcome | undefined, mutating: boolean): Review | CallFailure {
  if (outcome !== undefined) return answerOf(outcome, found, uid, mutating);
  return { reason: `failed to call webhook: Post "${found.url}": ${String(found.target)}` };
}

/** What a call that failed refuses a write with (webhook.ErrCallingWebhook). */
export const failedCall = ({ asked: { hook } }: Prepared, { reason }: CallFailure): Status =>
  internalError(`failed calling webhook ${JSON.stringify(hook.name)}: ${reason}`);

/** Annotations as a webhook gives them, under its name. */
export function annotationsOf({ asked: { hook } }: Prepared, { annotations }: Review): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`${hook.name}/${key}`, value]));
}
