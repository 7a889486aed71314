import type { Address, Effect, Message, PeerClosedMessage, UndeliverableMessage } from '#kernel/types.ts';
import type { ClientConfig } from './client.ts';
import { handleInformer, informerLost, informerOf, isFor, openInformer, type InformerState, type InformerStep } from './informer.ts';

/** The informers of one process, each under the id of its spec (client-go's SharedInformerFactory). */
export type Informers<Id extends string = string> = Readonly<Record<Id, InformerState>>;

export interface InformersStep<Id extends string = string> {
  readonly informers: Informers<Id>;
  readonly effects: readonly Effect[];
}

/** What one of them heard. */
export interface Heard<Id extends string = string> extends InformersStep<Id> {
  readonly id: Id;
  readonly changes: InformerStep['changes'];
  /** Its first list is complete with this message. */
  readonly nowSynced: boolean;
}

/** Takes the same step with each. */
function each<Id extends string>(
  informers: Informers<Id>,
  server: Address,
  take: (informer: InformerState) => InformerStep,
): InformersStep<Id> {
  const taken: Record<Id, InformerState> = { ...informers };
  const effects: Effect[] = [{ type: 'link', to: server }];
  for (const id of Object.keys(informers) as Id[]) {
    const step = take(informers[id]);
    taken[id] = step.state;
    effects.push(...step.effects);
  }
  return { informers: taken, effects };
}

/** Opens the watch of each, and watches the connection to the API server. */
export const openInformers = <Id extends string>(informers: Informers<Id>, client: ClientConfig): InformersStep<Id> =>
  each(informers, client.server, (informer) => openInformer(informer, client));

const find = (informers: Informers, id: string): InformerState | undefined => informers[id];

/** Takes in a message for one of them; undefined where it is for none. `clientOf` says as whom that one asks. */
export function informersHeard<Id extends string>(
  informers: Informers<Id>,
  message: Message,
  clientOf: (id: Id) => ClientConfig,
): Heard<Id> | undefined {
  const { informer: name, id: request } = message as Message & { readonly informer?: string; readonly id?: string };
  const id = (name ?? informerOf(request ?? '')) as Id;
  const informer = find(informers, id);
  if (informer === undefined || !isFor(informer, message)) return undefined;
  const { state, effects, changes } = handleInformer(informer, message, clientOf(id));
  return { id, informers: { ...informers, [id]: state }, effects, changes, nowSynced: state.synced && !informer.synced };
}

/**
 * The API server is gone, for all of them or, where nobody listened to a request, for the one that asked: the watches have to be
 * opened again, and the connection watched. Undefined where the request was of none of them.
 */
export function informersLost<Id extends string>(
  informers: Informers<Id>,
  message: PeerClosedMessage | UndeliverableMessage,
  server: Address,
): InformersStep<Id> | undefined {
  if (message.type === 'peer.closed') return each(informers, server, informerLost);
  const id = informerOf((message.message as Message & { readonly id?: string }).id ?? '');
  const informer = find(informers, id);
  if (informer === undefined) return undefined;
  const { state, effects } = informerLost(informer);
  return { informers: { ...informers, [id]: state }, effects: [...effects, { type: 'link', to: server }] };
}
