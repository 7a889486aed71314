import type { JsonObject } from '#base/json.ts';
import type { Chance } from './chance.ts';

/** A resource that users write: where its objects are, and how one of them comes about by chance. */
export interface Workload {
  /** `/apis/apps/v1` */
  readonly root: string;
  readonly plural: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec: (chance: Chance, app: string) => JsonObject;
  /** How a user changes one: a merge patch. */
  readonly change: (chance: Chance) => JsonObject;
}

/** A pod that uses what it asks for, goes within a few seconds when it is told to, and lives `command` long. */
function template(app: string, command: readonly string[], more: JsonObject = {}): JsonObject {
  return {
    metadata: { labels: { app } },
    spec: {
      terminationGracePeriodSeconds: 3,
      containers: [{ name: 'c', image: 'busybox:1.36', command, resources: { requests: { cpu: '10m', memory: '8Mi' } } }],
      ...more,
    },
  };
}
const staying = ['sleep', '86400'];
const scale = (chance: Chance, most: number): JsonObject => ({ spec: { replicas: chance.between(0, most) } });
/** Another template: a rollout. */
const roll = (chance: Chance): JsonObject => ({
  spec: { template: { metadata: { annotations: { revision: String(chance.between(1, 4)) } } } },
});
const scaleOrRoll =
  (most: number) =>
  (chance: Chance): JsonObject =>
    chance.happens(0.6) ? scale(chance, most) : roll(chance);
const selector = (app: string): JsonObject => ({ matchLabels: { app } });

const jobSpec = (chance: Chance, app: string): JsonObject => ({
  completions: chance.between(1, 3),
  parallelism: chance.between(1, 2),
  backoffLimit: 1,
  ...(chance.happens(0.3) ? { completionMode: 'Indexed' } : {}),
  template: template(app, ['sh', '-c', `sleep ${chance.between(1, 15)}; exit ${chance.happens(0.2) ? 1 : 0}`], { restartPolicy: 'Never' }),
});

export const workloads: readonly Workload[] = [
  {
    root: '/apis/apps/v1',
    plural: 'deployments',
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    spec: (chance, app) => ({
      replicas: chance.between(0, 4),
      selector: selector(app),
      strategy: { type: chance.pick(['RollingUpdate', 'Recreate']) },
      template: template(app, staying),
    }),
    change: scaleOrRoll(4),
  },
  {
    root: '/apis/apps/v1',
    plural: 'statefulsets',
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    spec: (chance, app) => ({
      replicas: chance.between(0, 3),
      serviceName: app,
      selector: selector(app),
      podManagementPolicy: chance.pick(['OrderedReady', 'Parallel']),
      template: template(app, staying),
    }),
    change: scaleOrRoll(3),
  },
  {
    root: '/apis/apps/v1',
    plural: 'daemonsets',
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    spec: (_, app) => ({ selector: selector(app), template: template(app, staying) }),
    change: roll,
  },
  {
    root: '/api/v1',
    plural: 'replicationcontrollers',
    apiVersion: 'v1',
    kind: 'ReplicationController',
    spec: (chance, app) => ({ replicas: chance.between(0, 3), selector: { app }, template: template(app, staying) }),
    change: (chance) => scale(chance, 3),
  },
  {
    root: '/apis/batch/v1',
    plural: 'jobs',
    apiVersion: 'batch/v1',
    kind: 'Job',
    spec: jobSpec,
    change: (chance) => ({ spec: { parallelism: chance.between(1, 3) } }),
  },
  {
    root: '/apis/batch/v1',
    plural: 'cronjobs',
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    spec: (chance, app) => ({
      schedule: '* * * * *',
      concurrencyPolicy: chance.pick(['Allow', 'Forbid', 'Replace']),
      jobTemplate: { spec: jobSpec(chance, app) },
    }),
    change: (chance) => ({ spec: { suspend: chance.happens(0.5) } }),
  },
  {
    root: '/api/v1',
    plural: 'services',
    apiVersion: 'v1',
    kind: 'Service',
    spec: (chance, app) => ({
      selector: { app },
      ports: [{ port: 80 }],
      ...(chance.happens(0.3) ? { clusterIP: 'None' } : { type: chance.pick(['ClusterIP', 'NodePort']) }),
    }),
    change: (chance) => ({ spec: { sessionAffinity: chance.pick(['None', 'ClientIP']) } }),
  },
  {
    root: '/apis/policy/v1',
    plural: 'poddisruptionbudgets',
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    spec: (chance, app) => ({
      selector: selector(app),
      ...(chance.happens(0.5) ? { minAvailable: chance.pick([1, 2, '50%']) } : { maxUnavailable: chance.between(0, 2) }),
    }),
    change: (chance) => ({ metadata: { annotations: { seen: String(chance.between(1, 9)) } } }),
  },
  {
    root: '/apis/autoscaling/v2',
    plural: 'horizontalpodautoscalers',
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    spec: (chance, app) => ({
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: app },
      minReplicas: chance.between(1, 2),
      maxReplicas: chance.between(2, 4),
    }),
    change: (chance) => ({ spec: { maxReplicas: chance.between(2, 4) } }),
  },
  {
    root: '/api/v1',
    plural: 'persistentvolumeclaims',
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    spec: () => ({ accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }),
    change: (chance) => ({ metadata: { labels: { seen: String(chance.between(1, 9)) } } }),
  },
];
