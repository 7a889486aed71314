import type { KubeObject } from '#api/object.ts';
import { resourcesMadeBy } from '#api/custom/catalog.ts';
import { cleanupFinalizer, withCondition } from '#api/custom/definition-strategy.ts';
import { isTrue, storagePrefixOf } from '#api/custom/facts.ts';
import { isFailure } from '#api/resources/status-errors.ts';
import type { ResourceDefinition } from '#api/resources/index.ts';
import type { CustomResourceDefinition } from '#api/types.generated.ts';
import { prefixEnd } from '#base/sorted-map.ts';
import type { EtcdRangeResult, EtcdResponse, KeyValue } from '#protocol/etcd.ts';
import { definitionsOf } from '../custom-resources.ts';
import { emptyRequest } from '../request-state.ts';
import { deleteObject } from '../storage.ts';
import { updateStatus } from './update-status.ts';
import { call, outcome, type Answer, type Ask, type Controller } from './controller.ts';

const pollMs = 5_000;
const polls = 12;

function* stored(definition: CustomResourceDefinition): Generator<Ask, readonly KeyValue[], Answer> {
  const prefix = `${storagePrefixOf(definition)}/`;
  const answer = (yield { etcd: { op: 'range', key: prefix, rangeEnd: prefixEnd(prefix) } }) as EtcdResponse;
  return 'result' in answer ? (answer.result as EtcdRangeResult).kvs : [];
}

/** Deletes one object straight from the store, as a client would delete it. */
function* remove(resource: ResourceDefinition, key: string, now: number): Generator<Ask, boolean, Answer> {
  const routine = deleteObject(emptyRequest, resource, key, now);
  let step = routine.next();
  while (step.done !== true) step = routine.next((yield { etcd: step.value }) as EtcdResponse);
  const { value } = step;
  return value.type !== 'status' || !isFailure(value.body) || value.body.code === 404;
}

interface Ended {
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

/** Deletes all objects of a definition and waits until they are gone. */
function* deleteInstances(definition: CustomResourceDefinition, resource: ResourceDefinition, now: number): Generator<Ask, Ended, Answer> {
  let failed = false;
  for (const { key } of yield* stored(definition)) if (!(yield* remove(resource, key, now))) failed = true;
  if (failed)
    return { status: 'True', reason: 'InstanceDeletionFailed', message: 'could not issue all deletes: some objects could not be deleted' };
  for (let poll = 0; poll < polls; poll++) {
    if ((yield* stored(definition)).length === 0)
      return { status: 'False', reason: 'InstanceDeletionCompleted', message: 'removed all instances' };
    yield { waitMs: pollMs };
  }
  return {
    status: 'True',
    reason: 'InstanceDeletionCheck',
    message: 'could not confirm zero CustomResources remaining: timed out waiting for the condition',
  };
}

/** pkg/controller/finalizer/crd_finalizer.go: a definition goes when the last of its objects is gone. */
export const finalizing: Controller = function* (key, { server, now }) {
  const cached = definitionsOf(server).find((item) => item.metadata?.name === key);
  const { deletionTimestamp, finalizers = [] } = cached?.metadata ?? {};
  if (cached === undefined || deletionTimestamp === undefined || !finalizers.includes(cleanupFinalizer)) return 'done';
  const started = {
    type: 'Terminating',
    status: 'True',
    reason: 'InstanceDeletionInProgress',
    message: 'CustomResource deletion is in progress',
  };
  const marked = yield* call(updateStatus(withCondition(cached, started, now)));
  if (marked.status >= 300) return outcome(marked);
  const definition = marked.body as unknown as CustomResourceDefinition;
  const [resource] = resourcesMadeBy(definition as unknown as KubeObject);
  const ended: Ended =
    resource === undefined || !isTrue(definition, 'Established')
      ? { status: 'False', reason: 'NeverEstablished', message: 'resource was never established' }
      : yield* deleteInstances(definition, resource, now);
  const told = withCondition(definition, { type: 'Terminating', ...ended }, now);
  if (ended.status === 'True') {
    yield* call(updateStatus(told));
    return 'retry';
  }
  const metadata = { ...told.metadata, finalizers: finalizers.filter((name) => name !== cleanupFinalizer) };
  return outcome(yield* call(updateStatus({ ...told, metadata })));
};
