import { formatTime, type KubeObject } from '#api/object.ts';
import type { FlowSchema, FlowSchemaCondition } from '#api/types.generated.ts';
import type { Outcome } from '#kernel/step.ts';
import type { Address, Delivered, Effect } from '#kernel/types.ts';
import { mediaTypes, type HttpRequest } from '#protocol/rest.ts';
import { sendCall } from '#machinery/client.ts';
import { loopback } from '../loopback.ts';
import { requestInfo, type RequestInfo } from '../request-info.ts';
import { cacheOf, type ApiServerState } from '../state.ts';
import { flowOf, levelsPrefix, schemasPrefix, type Flow } from './classify.ts';
import { admit, dispatch, idleLevel, leave } from './queues.ts';

/** A request that may begin. */
export interface FlowGo {
  readonly type: 'flow.go';
}
/** A request has ended, and somebody waits for its seat; or it does not want to wait any longer. */
export interface FlowDone {
  readonly type: 'flow.done';
  readonly level: string;
}

/** What a request is told when it begins: what the server had to find out about it to know its flow. */
export interface FlowInput {
  readonly info: RequestInfo;
  readonly flow: Flow | undefined;
  readonly turn: 'now' | 'wait' | 'never';
}

/**
 * The flow of a request that has come. What ends says nothing of it as long as nobody waits: when the seats seem to be
 * taken, the server looks which of its requests still run.
 */
export function received(
  state: ApiServerState,
  request: HttpRequest,
  address: Address,
  runs: (address: Address) => boolean,
): { readonly state: ApiServerState; readonly input: FlowInput } {
  const info = requestInfo(request);
  const flow = flowOf(state, request, info);
  if (flow?.level.seats === undefined) return { state, input: { info, flow, turn: 'now' } };
  const { how, level } = admit(state.flows.get(flow.level.name) ?? idleLevel, flow, address, runs);
  const turn = how === 'seat' ? 'now' : how === 'wait' ? 'wait' : 'never';
  return { state: { ...state, flows: state.flows.set(flow.level.name, level) }, input: { info, flow, turn } };
}

/** A seat is free: a request has ended, a watch has begun, or somebody does not want to wait any more. */
export function freed(state: ApiServerState, name: string, request: Address, runs: (address: Address) => boolean): Outcome<ApiServerState> {
  const known = state.flows.get(name);
  if (known === undefined) return { context: state, effects: [] };
  const rest = leave({ ...known, executing: known.executing.filter((item) => item.request !== request) }, request);
  if (rest.waiting === 0) return { context: { ...state, flows: state.flows.set(name, rest) }, effects: [] };
  const { level, begun } = dispatch(rest, rest.executing.length + 1, runs);
  const go: FlowGo = { type: 'flow.go' };
  return {
    context: { ...state, flows: state.flows.set(name, level) },
    effects: begun.map((to): Effect => ({ type: 'send', to, message: go })),
  };
}

export function flowDone(state: ApiServerState, event: Delivered<FlowDone>): Outcome<ApiServerState> {
  return freed(state, event.message.level, event.from, event.runs);
}

/** Whether somebody waits for a seat of a request's level. */
export const isAwaited = (state: ApiServerState, flow: Flow | undefined): boolean =>
  flow !== undefined && (state.flows.get(flow.level.name)?.waiting ?? 0) > 0;

const consumer = 'api-priority-and-fairness-config-consumer-v1';

/** Says of each schema whether its level exists (apf_controller.go, presyncFlowSchemaStatus). */
export function followFlows(before: ApiServerState, after: ApiServerState, now: number): Effect[] {
  const [schemas, levels] = [cacheOf(after, schemasPrefix), cacheOf(after, levelsPrefix)];
  if (schemas === cacheOf(before, schemasPrefix) && levels === cacheOf(before, levelsPrefix)) return [];
  return [...schemas.values()].flatMap((object): Effect[] => {
    const { spec, status } = object as KubeObject & FlowSchema;
    const name = spec?.priorityLevelConfiguration.name ?? '';
    const found = levels.has(`${levelsPrefix}/${name}`);
    const said = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(name)}`;
    const condition: FlowSchemaCondition = found
      ? { type: 'Dangling', status: 'False', reason: 'Found', message: `${said} and it exists` }
      : { type: 'Dangling', status: 'True', reason: 'NotFound', message: `${said} but there is no such object` };
    const current = status?.conditions?.find((item) => item.type === 'Dangling');
    const same = current !== undefined && current.status === condition.status;
    if (same && current.reason === condition.reason && current.message === condition.message) return [];
    const lastTransitionTime = same ? current.lastTransitionTime : formatTime(now);
    const body = {
      apiVersion: object.apiVersion,
      kind: object.kind,
      metadata: { name: object.metadata.name },
      status: { conditions: [{ ...condition, lastTransitionTime }] },
    };
    const path = `/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas/${object.metadata.name}/status`;
    const query = { fieldManager: consumer, force: 'true' };
    return [
      sendCall(loopback(after.self), `flow ${object.metadata.name}`, {
        method: 'PATCH',
        path,
        query,
        contentType: mediaTypes.applyPatch,
        body: body as never,
      }),
    ];
  });
}
