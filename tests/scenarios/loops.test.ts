import { describe, expect, it } from 'vitest';
import { manifest, terminal } from './terminal.ts';

describe('a ReplicationController', () => {
  const { type } = terminal();

  it('keeps its pods by the labels of their template, and is scaled and described like a ReplicaSet', () => {
    type(
      manifest(`apiVersion: v1
kind: ReplicationController
metadata: {name: web}
spec:
  replicas: 2
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: nginx}]}`),
      20_000,
    );
    expect(type('kubectl get rc web')).toMatch(/^NAME +DESIRED +CURRENT +READY +AGE\nweb +2 +2 +2 /);
    type('kubectl delete pod -l app=web --wait=false', 20_000);
    expect(type('kubectl scale rc web --replicas=3', 20_000)).toBe('replicationcontroller/web scaled');
    const text = type('kubectl describe rc web');
    expect(text).toContain('Selector:     app=web');
    expect(text).toMatch(/Pods Status: +3 Running \/ 0 Waiting/);
    expect(text).toMatch(/SuccessfulCreate +\S+ +replication-controller +Created pod: web-/);
    type('kubectl delete rc web', 50_000);
    expect(type('kubectl get pods')).toContain('No resources found');
  });
});

describe('a job with a time to live', () => {
  const { type } = terminal();

  it('goes with its pods when that is over', () => {
    type(
      manifest(`apiVersion: batch/v1
kind: Job
metadata: {name: once}
spec:
  ttlSecondsAfterFinished: 30
  template:
    spec: {restartPolicy: Never, containers: [{name: c, image: 'busybox:1.36', command: ['true']}]}`),
      20_000,
    );
    expect(type('kubectl get jobs')).toMatch(/once +Complete +1\/1/);
    type('sleep 1', 35_000);
    expect(type('kubectl get jobs,pods')).toContain('No resources found');
  });
});
