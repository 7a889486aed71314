import { setup } from 'xstate';
import { SortedMap } from '#base/sorted-map.ts';
import type { KubeObject } from '#api/object.ts';
import type { PersistentVolumeClaim } from '#api/types.generated.ts';
import { createEvent, subjectOf } from '#machinery/events.ts';
import { resourcePath, resources, sendCall, type ClientConfig } from '#machinery/client.ts';
import { newInformer, type InformerRetry } from '#machinery/informer.ts';
import { informersHeard, informersLost, openInformers, type Informers } from '#machinery/informers.ts';
import { step, type Outcome } from '#kernel/step.ts';
import type { Effect, EventOf, PeerClosedMessage, StartMessage, TerminateMessage, UndeliverableMessage } from '#kernel/types.ts';
import type { HttpClientMessage, HttpRequest, HttpResponse } from '#protocol/rest.ts';
import { awaits, isLeftOver, volumeFor, volumeName } from './volumes.ts';

export interface ProvisionerInput {
  readonly client: ClientConfig;
  /** The name in storage classes: `k8s.io/minikube-hostpath`. */
  readonly provisioner: string;
}
export interface ProvisionerState {
  readonly input: ProvisionerInput;
  readonly informers: Informers<keyof typeof watches>;
  /** Claims whose volume has been asked for, by the id of that request. */
  readonly asked: SortedMap<KubeObject>;
  readonly recorded: number;
  readonly provisioned: number;
}
type Message =
  StartMessage<ProvisionerInput> | HttpClientMessage | InformerRetry | PeerClosedMessage | TerminateMessage | UndeliverableMessage;
type ProvisionerEvent = EventOf<Message>;
type Result = Outcome<ProvisionerState>;

const storageClasses = { group: 'storage.k8s.io', version: 'v1', plural: 'storageclasses' } as const;
const watches = {
  persistentvolumeclaims: newInformer({ id: 'persistentvolumeclaims', resource: resources.persistentvolumeclaims }),
  persistentvolumes: newInformer({ id: 'persistentvolumes', resource: resources.persistentvolumes }),
  storageclasses: newInformer({ id: 'storageclasses', resource: storageClasses }),
};

function start(state: ProvisionerState, event: ProvisionerEvent): Result {
  const { input } = event.message as StartMessage<ProvisionerInput>;
  const { informers, effects } = openInformers(watches, input.client);
  return { context: { ...state, input, informers }, effects };
}

/** Says something of a claim. */
function say(
  state: ProvisionerState,
  event: ProvisionerEvent,
  claim: KubeObject,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
): Result {
  const { client, provisioner } = state.input;
  const source = { component: `${provisioner}_${event.self.slice(0, event.self.indexOf('/'))}` };
  const call = createEvent(subjectOf(claim), type, reason, message, source, event.now, state.recorded);
  return { context: { ...state, recorded: state.recorded + 1 }, effects: [sendCall(client, 'event', call)] };
}

/** Looks at everything: claims that wait get a volume, volumes that are left over go. */
function look(state: ProvisionerState, event: ProvisionerEvent): Result {
  let context = state;
  const effects: Effect[] = [];
  const { persistentvolumeclaims: claims, persistentvolumes: volumes, storageclasses: classes } = state.informers;
  if (!claims.synced || !volumes.synced || !classes.synced) return { context, effects };
  const { client, provisioner } = state.input;
  for (const claim of claims.store.values()) {
    const { namespace = '', name, uid = '' } = claim.metadata;
    const id = `create ${uid}`;
    const { spec } = claim as unknown as PersistentVolumeClaim;
    const storageClass = classes.store.get(spec?.storageClassName ?? '');
    if (!awaits(claim, provisioner) || storageClass === undefined || context.asked.has(id) || volumes.store.has(volumeName(claim)))
      continue;
    const said = say(
      context,
      event,
      claim,
      'Normal',
      'Provisioning',
      `External provisioner is provisioning volume for claim "${namespace}/${name}"`,
    );
    const call = {
      method: 'POST',
      path: resourcePath(resources.persistentvolumes),
      body: volumeFor(claim, storageClass, provisioner),
    } as const;
    context = { ...said.context, asked: context.asked.set(id, claim) };
    effects.push(...said.effects, sendCall(client, id, call));
  }
  for (const volume of volumes.store.values()) {
    if (!isLeftOver(volume, provisioner)) continue;
    effects.push(
      sendCall(client, 'delete', { method: 'DELETE', path: resourcePath(resources.persistentvolumes, '', volume.metadata.name) }),
    );
  }
  return { context, effects };
}

/** The volume was made, or was not. */
function answered(state: ProvisionerState, event: ProvisionerEvent, { id, status, body }: HttpResponse): Result {
  const claim = state.asked.get(id);
  if (claim === undefined) return { context: state, effects: [] };
  const idle: ProvisionerState = { ...state, asked: state.asked.delete(id) };
  if (status === 201) {
    const made = { ...idle, provisioned: idle.provisioned + 1 };
    return say(made, event, claim, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${volumeName(claim)}`);
  }
  if (status === 409) return { context: idle, effects: [] };
  const { storageClassName = '' } = (claim as unknown as PersistentVolumeClaim).spec ?? {};
  const why = (body as { readonly message?: string } | undefined)?.message ?? '';
  return say(
    idle,
    event,
    claim,
    'Warning',
    'ProvisioningFailed',
    `failed to provision volume with StorageClass "${storageClassName}": ${why}`,
  );
}

function informed(state: ProvisionerState, event: ProvisionerEvent, message: HttpClientMessage | InformerRetry): Result {
  const heard = informersHeard(state.informers, message, () => state.input.client);
  if (heard === undefined) return { context: state, effects: [] };
  const next = look({ ...state, informers: heard.informers }, event);
  return { context: next.context, effects: [...heard.effects, ...next.effects] };
}

function lost(state: ProvisionerState, message: PeerClosedMessage | UndeliverableMessage): Result {
  const step = informersLost(state.informers, message, state.input.client.server);
  return step === undefined ? { context: state, effects: [] } : { context: { ...state, informers: step.informers }, effects: step.effects };
}

function serve(state: ProvisionerState, event: ProvisionerEvent): Result {
  const { message } = event;
  switch (message.type) {
    case 'process.start':
      return start(state, event);
    case 'http.response':
      return state.asked.has(message.id) ? answered(state, event, message) : informed(state, event, message);
    case 'peer.closed':
      return lost({ ...state, asked: SortedMap.empty() }, message);
    case 'message.undeliverable': {
      const { id = '' } = message.message as HttpRequest;
      return lost({ ...state, asked: state.asked.delete(id) }, message);
    }
    case 'process.terminate':
      return { context: state, effects: [] };
    default:
      return informed(state, event, message);
  }
}

const act = step<ProvisionerState, ProvisionerEvent>(serve);
const on = {
  'http.response': { actions: act },
  'http.chunk': { actions: act },
  'http.end': { actions: act },
  'informer.retry': { actions: act },
  'peer.closed': { actions: act },
  'message.undeliverable': { actions: act },
} as const;

/** minikube's storage provisioner: makes a directory of the node into a volume for each claim that asks for one. */
export const provisionerMachine = setup({
  types: { context: {} as ProvisionerState, events: {} as ProvisionerEvent, emitted: {} as Effect },
}).createMachine({
  id: 'storage-provisioner',
  context: {
    input: { client: { server: '', credential: { type: 'none' }, userAgent: '' }, provisioner: '' },
    informers: watches,
    asked: SortedMap.empty(),
    recorded: 0,
    provisioned: 0,
  } as ProvisionerState,
  initial: 'created',
  on: { 'process.terminate': '.stopped' },
  states: {
    stopped: { type: 'final' },
    created: { on: { 'process.start': { target: 'running', actions: act } } },
    running: { on },
  },
});
