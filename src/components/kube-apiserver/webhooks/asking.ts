import type { Json } from '#base/json.ts';
import { late } from '#base/late.ts';
import type { NetOutcome } from '#protocol/net.ts';
import type { AdmissionRequest } from '../admission.ts';
import type { Reinvocation } from '../policies/mutating.ts';
import type { PolicyVerdict } from '../policies/validating.ts';
import { cacheOf, type ApiServerState } from '../state.ts';

/** One call of a webhook: a POST to a program in a pod. */
export interface WebhookCall {
  readonly node: string;
  readonly ip: string;
  readonly port: number;
  /** As the certificate of the server has to name it: `NAME.NAMESPACE.svc`. */
  readonly host: string;
  readonly path: string;
  readonly body: Json;
  readonly timeoutMs: number;
}

/** What came back; `deadline` where nothing did in time. */
export type WebhookOutcome = NetOutcome | 'deadline';

/** A gate that may have to ask others: it gives out calls that are made at once, and gets what came back of each. */
export type Asking<Result> = Generator<readonly WebhookCall[], Result, readonly WebhookOutcome[]>;

export interface MutatedByWebhooks extends PolicyVerdict {
  readonly object: AdmissionRequest['object'];
  readonly random: AdmissionRequest['random'];
  readonly memory: Reinvocation;
}

/** The plug-ins MutatingAdmissionWebhook and ValidatingAdmissionWebhook. */
export interface WebhookPlugins {
  mutating(state: ApiServerState, request: AdmissionRequest, memory: Reinvocation): Asking<MutatedByWebhooks>;
  validating(state: ApiServerState, request: AdmissionRequest): Asking<PolicyVerdict>;
}
export const webhookPlugins = late<WebhookPlugins>('admission webhooks');

export const configurations = {
  mutating: '/registry/mutatingwebhookconfigurations',
  validating: '/registry/validatingwebhookconfigurations',
} as const;

export const hasWebhooks = (state: ApiServerState, kind: keyof typeof configurations): boolean =>
  cacheOf(state, configurations[kind]).size > 0;
