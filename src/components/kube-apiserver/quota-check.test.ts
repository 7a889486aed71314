import { describe, expect, it } from 'vitest';
import { checkRequest, type Charge, type StoredQuota } from './quota-check.ts';

const quota = (
  hard: Record<string, string>,
  used: Record<string, string> | undefined,
  name = 'q',
  scopes?: readonly 'BestEffort'[],
): StoredQuota => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name, namespace: 'team', resourceVersion: '5' },
  spec: { hard, scopes },
  status: { hard, used },
});
const meta = { name: 'x', namespace: 'team' };
const pod = (cpu?: string): Charge['object'] => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: meta,
  spec: { containers: [{ name: 'c', image: 'i', resources: cpu === undefined ? {} : { requests: { cpu } } }] },
});
const service = (type: string): Charge['object'] => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: meta,
  spec: { type, ports: [{ port: 80 }] },
});
const charge = (plural: string, object: Charge['object'], old?: Charge['object']): Charge => ({
  namespace: 'team',
  group: '',
  plural,
  subresource: '',
  operation: old === undefined ? 'create' : 'update',
  object,
  old,
  dryRun: false,
});
const refusal = (quotas: readonly StoredQuota[], asked: Charge): unknown =>
  (checkRequest(quotas, asked, 0) as { readonly message?: string }).message;

describe('checkRequest', () => {
  it('adds up what a quota counts, and leaves the others alone', () => {
    const pods = quota({ pods: '2', 'requests.cpu': '1' }, { pods: '1', 'requests.cpu': '200m' });
    const secrets = quota({ secrets: '2' }, { secrets: '0' }, 'other');
    const after = checkRequest([pods, secrets], charge('pods', pod('300m')), 0) as readonly StoredQuota[];
    expect(after[0]!.status!.used).toEqual({ pods: '2', 'requests.cpu': '500m' });
    expect(after[1]).toBe(secrets);
  });

  it('refuses what goes beyond, naming only what does', () => {
    const full = quota({ pods: '2', 'requests.cpu': '1' }, { pods: '2', 'requests.cpu': '900m' }, 'small');
    expect(refusal([full], charge('pods', pod('200m')))).toBe(
      'pods "x" is forbidden: exceeded quota: small, requested: pods=1,requests.cpu=200m, used: pods=2,requests.cpu=900m, limited: pods=2,requests.cpu=1',
    );
    expect(
      refusal([quota({ pods: '2', 'requests.cpu': '1' }, { pods: '1', 'requests.cpu': '900m' })], charge('pods', pod('200m'))),
    ).toContain('requested: requests.cpu=200m, used: requests.cpu=900m, limited: requests.cpu=1');
  });

  it('refuses a pod that does not say what is limited, and a quota that nobody has counted yet', () => {
    expect(refusal([quota({ 'requests.cpu': '1', 'limits.cpu': '1' }, {})], charge('pods', pod('1')))).toBe(
      'pods "x" is forbidden: failed quota: q: must specify limits.cpu for: c',
    );
    expect(refusal([quota({ 'requests.cpu': '1', pods: '1' }, undefined)], charge('pods', pod('1')))).toBe(
      'pods "x" is forbidden: status unknown for quota: q, resources: pods,requests.cpu',
    );
  });

  it('charges an update with the difference, down as well as up', () => {
    const ports = quota({ 'services.nodeports': '1', services: '1' }, { 'services.nodeports': '0', services: '1' });
    const up = checkRequest([ports], charge('services', service('NodePort'), service('ClusterIP')), 0) as readonly StoredQuota[];
    expect(up[0]!.status!.used).toEqual({ 'services.nodeports': '1', services: '1' });
    const down = checkRequest(up, charge('services', service('ClusterIP'), service('NodePort')), 0) as readonly StoredQuota[];
    expect(down[0]!.status!.used).toEqual({ 'services.nodeports': '0', services: '1' });
    expect(checkRequest([ports], charge('services', service('ClusterIP'), service('ClusterIP')), 0)).toEqual([ports]);
  });

  it('leaves out quotas of another scope', () => {
    const besteffort = quota({ pods: '0' }, { pods: '0' }, 'q', ['BestEffort']);
    expect(checkRequest([besteffort], charge('pods', pod('1')), 0)).toEqual([besteffort]);
    expect(refusal([besteffort], charge('pods', pod()))).toContain('exceeded quota: q, requested: pods=1');
  });

  it('refuses amounts below nothing', () => {
    expect(refusal([quota({ 'requests.cpu': '1' }, { 'requests.cpu': '0' })], charge('pods', pod('-1')))).toContain(
      'quota usage is negative for resource(s): cpu,requests.cpu',
    );
  });
});
