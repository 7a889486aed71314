import { formatTime } from '#api/object.ts';
import type { ServiceCIDR } from '#api/types.generated.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { mediaTypes } from '#protocol/rest.ts';
import {
  call,
  done,
  lookUp,
  ok,
  retry,
  type Caches,
  type Calls,
  type ControllerDefinition,
  type Sync,
  type SyncContext,
  type SyncResult,
} from '../controller.ts';

const finalizer = 'networking.k8s.io/service-cidr-finalizer';
const manager = 'service-cidr-controller';
/** Allocators may still give out an address of a range that is being deleted: so long it is waited for them. */
const deletionGraceMs = 10_000;

/** An IPv4 network: its first address as a number, and how many bits of it are fixed. */
interface Network {
  readonly first: number;
  readonly bits: number;
}

function networkOf(text: string): Network | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)(?:\/(\d+))?$/.exec(text);
  if (match === null) return undefined;
  const [a, b, c, d, bits = 32] = match.slice(1).map((part) => (part === undefined ? undefined : Number(part)));
  return { first: ((a! * 256 + b!) * 256 + c!) * 256 + d!, bits };
}

/** Whether a network holds another, or an address. */
export function holds(outer: string, inner: string): boolean {
  const [a, b] = [networkOf(outer), networkOf(inner)];
  if (a === undefined || b === undefined) return outer === inner;
  const size = 2 ** (32 - a.bits);
  return a.bits <= b.bits && Math.floor(a.first / size) === Math.floor(b.first / size);
}

const rangesOf = ({ spec }: ServiceCIDR): readonly string[] => spec?.cidrs ?? [];
const isGoing = ({ metadata }: ServiceCIDR): boolean => metadata?.deletionTimestamp !== undefined;

/** Whether nothing needs a range any more: another one holds it, or no address of it is in use (canDeleteCIDR). */
function canGo(range: ServiceCIDR, caches: Caches): boolean {
  const all = [...caches['servicecidrs']!.store.values()] as readonly ServiceCIDR[];
  const others = all.filter((other) => other.metadata?.name !== range.metadata?.name && !isGoing(other)).flatMap(rangesOf);
  const used = [...caches['ipaddresses']!.store.values()].map((address) => address.metadata.name);
  return rangesOf(range).every((cidr) => others.some((other) => holds(other, cidr)) || !used.some((address) => holds(cidr, address)));
}

type Condition = Readonly<Record<'status' | 'reason' | 'message', string>>;

function* setReady(range: ServiceCIDR, condition: Condition, now: number): Calls<SyncResult> {
  const name = range.metadata?.name ?? '';
  const current = range.status?.conditions?.find((item) => item.type === 'Ready');
  if (current?.status === condition.status && current.message === condition.message) return done;
  const answer = yield* call({
    method: 'PATCH',
    path: resourcePath(resources.servicecidrs, '', name, 'status'),
    query: { fieldManager: manager, force: 'true' },
    contentType: mediaTypes.applyPatch,
    body: {
      kind: 'ServiceCIDR',
      apiVersion: 'networking.k8s.io/v1',
      metadata: { name },
      status: { conditions: [{ type: 'Ready', ...condition, lastTransitionTime: formatTime(now) }] },
    },
  });
  return ok(answer) || answer.status === 404 ? done : retry;
}

function* setFinalizers(range: ServiceCIDR, finalizers: readonly string[] | null): Calls<boolean> {
  const answer = yield* call({
    method: 'PATCH',
    path: resourcePath(resources.servicecidrs, '', range.metadata?.name ?? ''),
    contentType: mediaTypes.mergePatch,
    body: { metadata: { finalizers } },
  });
  return ok(answer) || answer.status === 404;
}

function* sync(key: string, { caches, now }: SyncContext): Sync {
  const range = lookUp(caches, 'servicecidrs', key) as ServiceCIDR | undefined;
  if (range === undefined) return done;
  const finalizers = range.metadata?.finalizers ?? [];
  if (!isGoing(range)) {
    if (!finalizers.includes(finalizer) && !(yield* setFinalizers(range, [...finalizers, finalizer]))) return retry;
    return yield* setReady(range, { status: 'True', reason: '', message: 'Kubernetes Service CIDR is ready' }, now);
  }
  if (!finalizers.includes(finalizer)) return done;
  if (!canGo(range, caches)) {
    const message = 'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR';
    return yield* setReady(range, { status: 'False', reason: 'Terminating', message }, now);
  }
  const waitMs = Date.parse(range.metadata!.deletionTimestamp!) + deletionGraceMs - now;
  if (waitMs > 0) return { againMs: waitMs };
  const left = finalizers.filter((item) => item !== finalizer);
  return (yield* setFinalizers(range, left.length === 0 ? null : left)) ? done : retry;
}

const everyRange = (caches: Caches): readonly string[] => [...caches['servicecidrs']!.store.keys()];

/** pkg/controller/servicecidrs: a range of service addresses stays while somebody has one of them. */
export const serviceCidrs: ControllerDefinition = {
  name: 'service-cidrs-controller',
  workers: 5,
  eventSource: manager,
  handlers: {
    // A range that comes or goes may be what another one was waiting for.
    servicecidrs: (change, caches) =>
      change.type === 'update' ? [change.object.metadata.name] : [change.object.metadata.name, ...everyRange(caches)],
    ipaddresses: (change, caches) => (change.type === 'delete' ? everyRange(caches) : []),
  },
  sync,
};
