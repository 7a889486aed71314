import { base32 } from '#base/base32.ts';
import { sha256 } from '#base/sha256.ts';
import { formatMicroTime, type KubeObject } from '#api/object.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import type { Answer, Ask, Facts, Loop } from './loop.ts';

/** Where each API server has a key with a lease: who is alive (pkg/controlplane/reconcilers/lease.go). */
export const masterLeases = '/registry/masterleases';

const namespace = 'kube-system';
const component = 'kube-apiserver';
const labels = { identity: 'apiserver.kubernetes.io/identity', host: 'kubernetes.io/hostname' } as const;
const leaseSeconds = 3600;
const renewMs = 10_000;
const collectMs = 3_600_000;

/** A text behind its length, in bytes. */
const prefixed = (text: string): readonly number[] => [text.length >> 8, text.length & 255, ...[...text].map((char) => char.charCodeAt(0))];

/** `apiserver-` and a hash of the host's name and of what the server is (apiserver/pkg/server/config.go). */
export const serverName = (host: string): string =>
  `apiserver-${base32(sha256([...prefixed(host), ...prefixed(component)]).slice(0, 16)).toLowerCase()}`;

interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly renewTime?: string;
}

const leasePath = (name = ''): string => resourcePath(resources.leases, namespace, name);

/** The lease that says which server this is (component-helpers/apimachinery/lease/controller.go). */
function leaseOf({ name, holder, host, now, server }: Facts, old: KubeObject | undefined): KubeObject {
  const { advertiseAddress, securePort } = server.options;
  const base: KubeObject = old ?? {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name,
      namespace,
      labels: { [labels.identity]: component, [labels.host]: host },
      annotations: { 'kubernetes.io/peer-advertise-address': `${advertiseAddress}:${securePort}` },
    },
  };
  return { ...base, spec: { holderIdentity: holder, leaseDurationSeconds: leaseSeconds, renewTime: formatMicroTime(now) } };
}

const written = ({ status, body }: HttpResponse): KubeObject | undefined => (status < 300 ? (body as unknown as KubeObject) : undefined);

/** Updates the lease as it was last seen, and looks at it anew where somebody else has changed it. */
function* renew(facts: Facts): Generator<Ask, KubeObject | undefined, Answer> {
  const path = leasePath(facts.name);
  if (facts.memory !== undefined) {
    const updated = written((yield { call: { method: 'PUT', path, body: leaseOf(facts, facts.memory) } }) as HttpResponse);
    if (updated !== undefined) return updated;
  }
  const found = (yield { call: { method: 'GET', path } }) as HttpResponse;
  const lease = leaseOf(facts, written(found));
  if (found.status === 404) return written((yield { call: { method: 'POST', path: leasePath(), body: lease } }) as HttpResponse);
  return found.status < 300 ? written((yield { call: { method: 'PUT', path, body: lease } }) as HttpResponse) : undefined;
}

/** Leases of servers that have not been heard of for an hour are deleted (pkg/controlplane/controller/apiserverleasegc). */
function* collect({ now }: Facts): Generator<Ask, undefined, Answer> {
  const query = { labelSelector: `${labels.identity}=${component}` };
  const list = (yield { call: { method: 'GET', path: leasePath(), query } }) as HttpResponse;
  const items = (list.body as { readonly items?: readonly KubeObject[] } | null)?.items ?? [];
  for (const { metadata, ...lease } of items) {
    const { renewTime, leaseDurationSeconds = 0 } = (lease as unknown as { readonly spec?: LeaseSpec }).spec ?? {};
    const expired = renewTime === undefined || Date.parse(renewTime) + leaseDurationSeconds * 1000 < now;
    if (expired) yield { call: { method: 'DELETE', path: leasePath(metadata.name) } };
  }
  return undefined;
}

export const identityLease: Loop = { everyMs: renewMs, run: renew };
export const leaseCollector: Loop = { everyMs: collectMs, run: collect };
