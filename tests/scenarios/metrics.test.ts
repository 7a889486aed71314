import { describe, expect, it } from 'vitest';
import { manifest, terminal } from './terminal.ts';

const server = `apiVersion: v1
kind: ServiceAccount
metadata: {name: metrics-server, namespace: kube-system}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: system:metrics-server}
rules:
- {apiGroups: [''], resources: [nodes/metrics], verbs: [get]}
- {apiGroups: [''], resources: [pods, nodes], verbs: [get, list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: system:metrics-server}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: system:metrics-server}
subjects: [{kind: ServiceAccount, name: metrics-server, namespace: kube-system}]
---
apiVersion: v1
kind: Service
metadata: {name: metrics-server, namespace: kube-system}
spec:
  selector: {k8s-app: metrics-server}
  ports: [{name: https, port: 443, targetPort: https}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: metrics-server, namespace: kube-system}
spec:
  selector: {matchLabels: {k8s-app: metrics-server}}
  template:
    metadata: {labels: {k8s-app: metrics-server}}
    spec:
      serviceAccountName: metrics-server
      containers:
      - name: metrics-server
        image: registry.k8s.io/metrics-server/metrics-server:v0.8.0
        ports: [{name: https, containerPort: 10250}]
        readinessProbe: {httpGet: {path: /readyz, port: https, scheme: HTTPS}}
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta1.metrics.k8s.io}
spec:
  group: metrics.k8s.io
  version: v1beta1
  service: {name: metrics-server, namespace: kube-system}
  groupPriorityMinimum: 100
  versionPriority: 100
  insecureSkipTLSVerify: true`;

const spinning = `apiVersion: apps/v1
kind: Deployment
metadata: {name: spin}
spec:
  selector: {matchLabels: {app: spin}}
  template:
    metadata: {labels: {app: spin}}
    spec:
      containers:
      - name: c
        image: busybox:1.36
        command: [sh, -c, 'while true; do test -e /tmp/rest && sleep 1; done']
        resources: {requests: {cpu: 100m}, limits: {cpu: 200m}}`;

describe('a metrics server', () => {
  const { type } = terminal();

  it('tells through the API server what pods use, and the autoscaler acts on it', () => {
    type(manifest(server), 50_000);
    expect(type('kubectl get deployment metrics-server -n kube-system')).toMatch(/metrics-server +1\/1/);
    type(manifest(spinning), 40_000);
    const use = type('kubectl get --raw /apis/metrics.k8s.io/v1beta1/namespaces/default/pods');
    expect(use).toContain('"kind":"PodMetricsList"');
    expect(use).toMatch(/"cpu":"(1999|2000)\d*n"/);
    expect(type('kubectl get --raw /apis/metrics.k8s.io/v1beta1/nodes/minikube')).toContain('"kind":"NodeMetrics"');
    expect(type('kubectl top pods')).toMatch(/NAME +CPU\(cores\) +MEMORY\(bytes\) *\nspin-\S+ +200m +1Mi/);
    expect(type('kubectl top node')).toMatch(/minikube +\d+m +\d+% +\d+Mi +\d+%/);
    type('kubectl autoscale deployment spin --cpu-percent=50 --min=1 --max=3', 40_000);
    expect(type('kubectl get hpa')).toMatch(/spin +Deployment\/spin +cpu: 200%\/50% +1 +3 +3 /);
    expect(type('kubectl describe hpa spin')).toContain(
      'New size: 3; reason: cpu resource utilization (percentage of request) above target',
    );
  });

  it('lets it shrink again five minutes after the load is gone', () => {
    for (const pod of type("kubectl get pods -l app=spin -o jsonpath='{.items[*].metadata.name}'").split(' '))
      type(`kubectl exec ${pod} -- touch /tmp/rest`, 2_000);
    type('sleep 1', 400_000);
    expect(type('kubectl get deployment spin')).toMatch(/spin +1\/1/);
    expect(type('kubectl get events')).toContain('New size: 1; reason: All metrics below target');
  });

  it('is missed when it is gone', () => {
    type('kubectl scale deployment metrics-server -n kube-system --replicas=0', 60_000);
    expect(type('kubectl describe hpa spin')).toContain('the server is currently unable to handle the request (get pods.metrics.k8s.io)');
  });
});
