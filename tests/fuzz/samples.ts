import type { Json } from '#base/json.ts';

const meta = (name: string): Json => ({ name, labels: { app: 'web' } });
const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'], scope: '*' }];
const podSpec: Json = {
  containers: [
    {
      name: 'main',
      image: 'nginx',
      ports: [{ containerPort: 80 }],
      env: [{ name: 'A', value: '1' }],
      resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } },
      volumeMounts: [{ name: 'v', mountPath: '/v' }],
    },
  ],
  volumes: [{ name: 'v', emptyDir: {} }],
  tolerations: [{ key: 'a', operator: 'Exists' }],
};
const template: Json = { metadata: { labels: { app: 'web' } }, spec: podSpec };

/** Good objects, by the path where they are created. */
export const samples: readonly (readonly [path: string, object: Json])[] = [
  ['/api/v1/namespaces/default/serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } }],
  ['/api/v1/namespaces/default/pods', { apiVersion: 'v1', kind: 'Pod', metadata: meta('web'), spec: podSpec }],
  ['/api/v1/namespaces/default/configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta('web'), data: { a: '1' } }],
  [
    '/api/v1/namespaces/default/secrets',
    { apiVersion: 'v1', kind: 'Secret', metadata: meta('web'), type: 'Opaque', stringData: { a: '1' } },
  ],
  [
    '/api/v1/namespaces/default/services',
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: meta('web'),
      spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }] },
    },
  ],
  ['/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: meta('web') }],
  ['/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: meta('web'), spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } }],
  [
    '/api/v1/namespaces/default/resourcequotas',
    { apiVersion: 'v1', kind: 'ResourceQuota', metadata: meta('web'), spec: { hard: { pods: '3', 'requests.cpu': '2' } } },
  ],
  [
    '/api/v1/namespaces/default/limitranges',
    {
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: meta('web'),
      spec: { limits: [{ type: 'Container', default: { cpu: '1' }, max: { cpu: '2' } }] },
    },
  ],
  [
    '/apis/apps/v1/namespaces/default/deployments',
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: meta('web'),
      spec: { replicas: 1, selector: { matchLabels: { app: 'web' } }, template },
    },
  ],
  [
    '/apis/apps/v1/namespaces/default/statefulsets',
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: meta('web'),
      spec: {
        serviceName: 'web',
        selector: { matchLabels: { app: 'web' } },
        template,
        volumeClaimTemplates: [{ metadata: { name: 'd' }, spec: { accessModes: ['ReadWriteOnce'] } }],
      },
    },
  ],
  [
    '/apis/batch/v1/namespaces/default/jobs',
    { apiVersion: 'batch/v1', kind: 'Job', metadata: meta('web'), spec: { template: { spec: { ...podSpec, restartPolicy: 'Never' } } } },
  ],
  [
    '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers',
    {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: meta('web'),
      spec: { maxReplicas: 3, scaleTargetRef: { kind: 'Deployment', name: 'web', apiVersion: 'apps/v1' } },
    },
  ],
  [
    '/apis/rbac.authorization.k8s.io/v1/clusterroles',
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: meta('web'),
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
    },
  ],
  [
    '/apis/networking.k8s.io/v1/namespaces/default/ingresses',
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: meta('web'),
      spec: {
        rules: [
          {
            host: 'a.b',
            http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }] },
          },
        ],
      },
    },
  ],
  [
    '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations',
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: meta('web'),
      webhooks: [
        {
          name: 'a.b.c',
          clientConfig: { service: { name: 'web', namespace: 'default' } },
          rules,
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          matchConditions: [{ name: 'a', expression: 'object.metadata.name == "x"' }],
        },
      ],
    },
  ],
  [
    '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies',
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: meta('web'),
      spec: { matchConstraints: { resourceRules: rules }, validations: [{ expression: 'object.metadata.name != "x"', message: 'no' }] },
    },
  ],
  [
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
    {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'things.example.com' },
      spec: {
        group: 'example.com',
        names: { plural: 'things', singular: 'thing', kind: 'Thing' },
        scope: 'Namespaced',
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: { spec: { type: 'object', properties: { size: { type: 'integer', default: 1 } } } },
              },
            },
          },
        ],
      },
    },
  ],
  [
    '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas',
    {
      apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
      kind: 'FlowSchema',
      metadata: meta('web'),
      spec: {
        matchingPrecedence: 50,
        priorityLevelConfiguration: { name: 'global-default' },
        rules: [
          {
            subjects: [{ kind: 'User', user: { name: 'x' } }],
            resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true }],
          },
        ],
      },
    },
  ],
];
