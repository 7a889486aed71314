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

describe('a disruption budget', () => {
  const { type } = terminal({ shape: 'cluster', nodes: 2 });
  const evict = (pod: string): string =>
    type(
      `kubectl create --raw /api/v1/namespaces/default/pods/${pod}/eviction -f - <<'JSON'\n{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"${pod}"}}\nJSON`,
    );
  const pods = (): readonly string[] => type("kubectl get pods -l app=web -o jsonpath='{.items[*].metadata.name}'").split(' ');

  it('says how many pods may go', () => {
    type('kubectl create deployment web --image=busybox:1.36 --replicas=2 -- sleep 3600', 25_000);
    type('kubectl create pdb web --selector=app=web --min-available=1');
    expect(type('kubectl get pdb')).toMatch(/^NAME +MIN AVAILABLE +MAX UNAVAILABLE +ALLOWED DISRUPTIONS +AGE\nweb +1 +N\/A +1 /);
    expect(type('kubectl describe pdb web')).toMatch(/Allowed disruptions: +1\n +Current: +2\n +Desired: +1\n +Total: +2/);
  });

  it('lets one pod go, which says why, and refuses the next until there is another', () => {
    const [first, second] = pods();
    expect(evict(first!)).toContain('"status":"Success"');
    expect(type(`kubectl get pod ${first} -o jsonpath='{.status.conditions[?(@.type=="DisruptionTarget")].reason}'`)).toBe(
      'EvictionByEvictionAPI',
    );
    type('kubectl patch pdb web -p \'{"spec":{"minAvailable":2}}\'', 20_000);
    expect(evict(second!)).toBe("Error from server (TooManyRequests): Cannot evict pod as it would violate the pod's disruption budget.");
  });

  it('holds a drain up until it is loosened', () => {
    const worker = type("kubectl get pods -l app=web -o jsonpath='{.items[0].spec.nodeName}'");
    const [name] = pods();
    const held = type(`kubectl drain ${worker} --ignore-daemonsets --pod-selector=app=web --timeout=12s`, 40_000);
    expect(held).toContain(
      `error when evicting pods/"${name}" -n "default" (will retry after 5s): Cannot evict pod as it would violate the pod's disruption budget.`,
    );
    expect(held).toContain(`error when evicting pods/"${name}" -n "default": global timeout reached: 12s`);
    expect(held.split(`evicting pod default/${name}\n`).length).toBeGreaterThan(3);
    type('kubectl patch pdb web -p \'{"spec":{"minAvailable":1}}\'', 10_000);
    expect(type(`kubectl drain ${worker} --ignore-daemonsets --pod-selector=app=web`, 90_000)).toContain(`node/${worker} drained`);
  });

  it('does not know what to do about a pod with two of them', () => {
    type('kubectl create pdb other --selector=app=web --max-unavailable=1');
    expect(evict(pods()[0]!)).toContain('This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.');
  });
});

describe('a horizontal pod autoscaler', () => {
  const { type } = terminal();

  it('keeps its bounds, and says what it cannot measure', () => {
    type('kubectl create deployment web --image=nginx', 20_000);
    expect(type('kubectl autoscale deployment web --cpu-percent=50 --min=2 --max=4')).toBe(
      'horizontalpodautoscaler.autoscaling/web autoscaled',
    );
    expect(type('kubectl get hpa', 20_000)).toMatch(
      /^NAME +REFERENCE +TARGETS +MINPODS +MAXPODS +REPLICAS +AGE\nweb +Deployment\/web +cpu: <unknown>\/50% +2 +4 +0 /,
    );
    type('sleep 1', 30_000);
    expect(type('kubectl get deployment web')).toMatch(/web +2\/2 +2 +2 /);
    const text = type('kubectl describe hpa web');
    expect(text).toMatch(/resource cpu on pods {2}\(as a percentage of request\): +<unknown> \/ 50%/);
    expect(text).toMatch(/AbleToScale +True +SucceededGetScale +the HPA controller was able to get the target's current scale/);
    expect(text).toMatch(/ScalingActive +False +FailedGetResourceMetric/);
    expect(text).toMatch(
      /SuccessfulRescale +\S+ +horizontal-pod-autoscaler +New size: 2; reason: Current number of replicas below Spec.MinReplicas/,
    );
  });
});

describe('an indexed job whose indexes may fail', () => {
  const { type } = terminal();

  it('tries each index by itself, and says in the end which of them failed', () => {
    type(
      manifest(`apiVersion: batch/v1
kind: Job
metadata: {name: parts}
spec:
  completions: 3
  parallelism: 3
  completionMode: Indexed
  backoffLimitPerIndex: 1
  template:
    spec:
      restartPolicy: Never
      containers: [{name: c, image: 'busybox:1.36', command: [sh, -c, 'test $JOB_COMPLETION_INDEX != 1']}]`),
      60_000,
    );
    const status = (field: string): string => type(`kubectl get job parts -o jsonpath='{.${field}}'`);
    expect([status('status.completedIndexes'), status('status.failedIndexes'), status('status.failed')]).toEqual(['0,2', '1', '2']);
    expect(status('status.conditions[?(@.type=="Failed")].reason')).toBe('FailedIndexes');
    expect(status('spec.backoffLimit')).toBe('2147483647');
  });
});

describe('a stateful set that takes its claims along', () => {
  const { type } = terminal();
  const claims = (): string => type("kubectl get pvc -o jsonpath='{.items[*].metadata.name}'");

  it('gives up those beyond its size, and all of them when it goes', () => {
    type(
      manifest(`apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  replicas: 2
  serviceName: db
  selector: {matchLabels: {app: db}}
  persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete, whenScaled: Delete}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: nginx, volumeMounts: [{name: data, mountPath: /data}]}]}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}`),
      60_000,
    );
    expect(claims()).toBe('data-db-0 data-db-1');
    type('kubectl scale statefulset db --replicas=1', 60_000);
    expect(claims()).toBe('data-db-0');
    type('kubectl delete statefulset db', 60_000);
    expect(claims()).toBe('');
  });
});
