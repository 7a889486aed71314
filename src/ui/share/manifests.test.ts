import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readManifests } from './manifests.ts';

const dump = `
apiVersion: v1
kind: List
items:
  - { apiVersion: v1, kind: Pod, metadata: { name: web-1, namespace: shop, ownerReferences: [{ kind: ReplicaSet, name: web }] }, spec: {} }
  - { apiVersion: v1, kind: Pod, metadata: { name: lone, namespace: shop, uid: a }, spec: { nodeName: far, containers: [] }, status: { phase: Running } }
  - { apiVersion: v1, kind: Service, metadata: { name: web, namespace: shop, resourceVersion: "7" }, spec: { clusterIP: 10.0.0.9, ports: [] } }
  - { apiVersion: v1, kind: Service, metadata: { name: kubernetes, namespace: default }, spec: {} }
  - { apiVersion: v1, kind: ConfigMap, metadata: { name: kube-root-ca.crt, namespace: shop } }
  - { apiVersion: v1, kind: Node, metadata: { name: far } }
`;

describe('what another cluster printed, as something to apply', () => {
  it('is without what servers and controllers write, and has its namespace first', () => {
    const found = readManifests(dump)!;
    expect(parseAllDocuments(found.text).map((document) => document.toJS() as unknown)).toEqual([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'lone', namespace: 'shop' }, spec: { containers: [] } },
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'shop' }, spec: { ports: [] } },
    ]);
    expect(found.leftOut).toEqual([
      { name: 'Pod shop/web-1', why: 'owned' },
      { name: 'Service default/kubernetes', why: 'made' },
      { name: 'ConfigMap shop/kube-root-ca.crt', why: 'made' },
      { name: 'Node far', why: 'machine' },
    ]);
  });

  it.each(['just words', 'a: [', 'kind: Pod', '', '{"format":"kube-orrery-session"}'])('is not %j', (text) => {
    expect(readManifests(text)).toBeUndefined();
  });
});
