import { beforeAll, describe, expect, it } from 'vitest';
import { manifest, terminal } from './terminal.ts';

/** A handler that runs as a pod behind a service, with the rules of a ConfigMap. */
const handler = `apiVersion: v1
kind: ConfigMap
metadata: {name: rules, namespace: hooks}
data:
  rules.yaml: |
    - path: /validate
      when: 'object.metadata.name.startsWith("bad")'
      allow: false
      message: names must be good
    - path: /validate
      when: 'object.metadata.name == "loud"'
      warnings: [this is loud]
      auditAnnotations: {volume: high}
    - path: /validate
      when: 'object.metadata.name == "slow"'
      delaySeconds: 20
    - path: /validate
      when: 'object.metadata.name == "odd"'
      answer: '<html>'
    - path: /validate
      when: 'object.metadata.name == "broken"'
      status: 500
      answer: boom
    - path: /mutate
      patch: [{op: add, path: /data/stamp, value: seen}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: hook, namespace: hooks}
spec:
  selector: {matchLabels: {app: hook}}
  template:
    metadata: {labels: {app: hook}}
    spec:
      containers:
      - name: hook
        image: orrery/webhook:1
        ports: [{containerPort: 8443}]
        volumeMounts: [{name: rules, mountPath: /etc/webhook}]
      volumes: [{name: rules, configMap: {name: rules}}]
---
apiVersion: v1
kind: Service
metadata: {name: hook, namespace: hooks}
spec:
  selector: {app: hook}
  ports: [{port: 443, targetPort: 8443}]`;

const rule = '{apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [configmaps], scope: Namespaced}';
const hook = (kind: string, path: string, more = ''): string => `apiVersion: admissionregistration.k8s.io/v1
kind: ${kind}WebhookConfiguration
metadata: {name: ${kind.toLowerCase()}}
webhooks:
- name: ${path}.example.com
  clientConfig: {service: {name: hook, namespace: hooks, path: /${path}}}
  rules: [${rule}]
  namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: default}}
  matchConditions: [{name: not-exempt, expression: 'object.metadata.name != "exempt"'}]
  sideEffects: None
  admissionReviewVersions: [v1]
  timeoutSeconds: 3${more}`;

describe('admission webhooks', () => {
  let type: (line: string, ms?: number) => string;
  const create = (name: string, ms?: number): string => type(`kubectl create configmap ${name} --from-literal=a=1`, ms);
  beforeAll(() => {
    ({ type } = terminal());
    type('kubectl create namespace hooks');
    type(manifest(handler), 30_000);
  });

  it('allow, deny with a message, warn, and leave alone what is not meant', () => {
    expect(type(manifest(hook('Validating', 'validate')))).toContain('created');
    expect(create('good')).toBe('configmap/good created');
    expect(create('bad')).toBe(
      'error: failed to create configmap: admission webhook "validate.example.com" denied the request: names must be good',
    );
    expect(create('loud')).toContain('Warning: this is loud');
    expect(type('kubectl create configmap bad -n hooks --from-literal=a=1')).toBe('configmap/bad created');
  });

  it('are heard as calls to the pod, with the whole review', () => {
    expect(type('kubectl logs -n hooks deploy/hook')).toMatch(/POST \/validate 200/);
  });

  it('fail closed: in time, by what they answer, and when nobody is there', () => {
    const failed = (why: string): string =>
      `error: failed to create configmap: Internal error occurred: failed calling webhook "validate.example.com": failed to call webhook: ${why}`;
    expect(create('slow')).toBe(failed('Post "https://hook.hooks.svc:443/validate?timeout=3s": context deadline exceeded'));
    expect(create('odd')).toBe(failed("couldn't get version/kind; json parse error: invalid character '<' looking for beginning of value"));
    expect(create('broken')).toBe(failed('an error on the server ("boom") has prevented the request from succeeding'));
    type('kubectl scale deployment hook -n hooks --replicas=0', 40_000);
    const address = type('kubectl get service hook -n hooks -o jsonpath={.spec.clusterIP}');
    expect(create('lonely')).toBe(
      failed(`Post "https://hook.hooks.svc:443/validate?timeout=3s": dial tcp ${address}:443: connect: connection refused`),
    );
    type(
      'kubectl patch validatingwebhookconfiguration validating --type=json -p \'[{"op":"replace","path":"/webhooks/0/failurePolicy","value":"Ignore"}]\'',
    );
    expect(create('lonely')).toBe('configmap/lonely created');
    type('kubectl scale deployment hook -n hooks --replicas=1', 30_000);
  });

  it('change what is written, and are asked on a dry run only where that does no harm', () => {
    type('kubectl delete validatingwebhookconfiguration validating');
    expect(type(manifest(hook('Mutating', 'mutate', '\n  reinvocationPolicy: IfNeeded')))).toContain('created');
    expect(create('stamped')).toBe('configmap/stamped created');
    expect(type('kubectl get configmap stamped -o jsonpath={.data}')).toBe('{"a":"1","stamp":"seen"}');
    expect(create('exempt')).toBe('configmap/exempt created');
    expect(type('kubectl get configmap exempt -o jsonpath={.data}')).toBe('{"a":"1"}');
    expect(type('kubectl create configmap dry --from-literal=a=1 --dry-run=server -o jsonpath={.data}')).toBe('{"a":"1","stamp":"seen"}');
  });

  it('are refused where their configuration is wrong', () => {
    const wrong = `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: wrong}
webhooks:
- name: short
  clientConfig: {}
  rules: [{apiGroups: [""], apiVersions: [v1], operations: [MAKE], resources: [pods]}]
  sideEffects: Some
  admissionReviewVersions: [v9]
  timeoutSeconds: 31`;
    const said = type(manifest(wrong));
    for (const part of [
      'webhooks[0].name: Invalid value: "short": should be a domain with at least three segments separated by dots',
      'webhooks[0].rules[0].operations[0]: Unsupported value: "MAKE": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"',
      'webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"',
      'webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds',
      'webhooks[0].clientConfig: Required value: exactly one of url or service is required',
      'webhooks[0].admissionReviewVersions: Invalid value: ["v9"]: must include at least one of v1, v1beta1',
    ])
      expect(said).toContain(part);
  });
});
