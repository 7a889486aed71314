import { describe, expect, it } from 'vitest';
import { Session } from '#session/session.ts';

/** A booted cluster and a hand at its terminal; each line is given some time. */
function cluster(): (line: string, ms?: number) => string {
  const session = new Session({ shape: 'minikube', seed: 11 });
  session.pass(30_000);
  return (line, ms = 8_000) => {
    const before = session.frame().terminals[0]!.lines.length;
    session.send({ type: 'terminal.line', terminal: 'alice/terminal', line });
    session.send({ type: 'pause' });
    session.pass(ms);
    return session
      .frame()
      .terminals[0]!.lines.slice(before)
      .filter((item) => item.stream !== 'in')
      .map((item) => item.text)
      .join('\n');
  };
}
const manifest = (text: string): string => `kubectl apply -f - <<'YAML'\n${text}\nYAML`;

describe('what tutorials do', () => {
  const type = cluster();

  it('connects a front end to a back end, whose name it needs before it begins', () => {
    type(
      manifest(
        `apiVersion: v1
kind: ConfigMap
metadata: {name: conf}
data: {default.conf: "server { listen 80; location / { proxy_pass http://hello:8080; } }"}
---
apiVersion: v1
kind: Pod
metadata: {name: front}
spec:
  containers: [{name: nginx, image: nginx, volumeMounts: [{name: conf, mountPath: /etc/nginx/conf.d}]}]
  volumes: [{name: conf, configMap: {name: conf}}]`,
      ),
      15_000,
    );
    expect(type('kubectl logs front')).toContain(
      'nginx: [emerg] host not found in upstream "hello:8080" in /etc/nginx/conf.d/default.conf:1',
    );
    type('kubectl create deployment hello --image=gcr.io/google-samples/hello-app:2.0');
    type('kubectl expose deployment hello --port=8080', 60_000);
    expect(type('kubectl exec front -- curl -s localhost')).toContain('Hello, world!\nVersion: 2.0.0\nHostname: hello-');
    type('kubectl scale deployment hello --replicas=0', 20_000);
    expect(type('kubectl exec front -- curl -s localhost')).toContain('502 Bad Gateway');
  });

  it('has a sidecar follow the file that its neighbour writes', () => {
    type(
      manifest(
        `apiVersion: v1
kind: Pod
metadata: {name: counter}
spec:
  containers:
  - {name: count, image: 'busybox:1.28', command: [sh, -c, 'i=0; while true; do echo "$i: line" >> /logs/1.log; i=$((i+1)); sleep 1; done'], volumeMounts: [{name: logs, mountPath: /logs}]}
  - {name: tail, image: 'busybox:1.28', command: [sh, -c, 'tail -n+1 -F /logs/1.log'], volumeMounts: [{name: logs, mountPath: /logs}]}
  volumes: [{name: logs, emptyDir: {}}]`,
      ),
      20_000,
    );
    expect(type('kubectl logs counter -c tail | head -n 2', 1_000)).toBe('0: line\n1: line');
  });

  it('computes π, and restarts a server that is well for ten seconds only', () => {
    type("kubectl create job pi --image=perl:5.34.0 -- perl -Mbignum=bpi -wle 'print bpi(20)'");
    type(
      'kubectl run live --image=registry.k8s.io/e2e-test-images/agnhost:2.40 --overrides=\'{"spec":{"containers":[{"name":"live","image":"registry.k8s.io/e2e-test-images/agnhost:2.40","args":["liveness"],"livenessProbe":{"httpGet":{"path":"/healthz","port":8080},"periodSeconds":3}}]}}\'',
      30_000,
    );
    expect(type('kubectl logs job/pi', 1_000)).toBe('3.1415926535897932384');
    expect(type('kubectl get pod live', 1_000)).toMatch(/live +1\/1 +Running +1/);
    expect(type('kubectl describe pod live', 1_000)).toContain('Liveness probe failed: HTTP probe failed with statuscode: 500');
  });

  it('does not probe a container that is about to be started again', () => {
    type(
      manifest(
        `apiVersion: v1
kind: Pod
metadata: {name: healthy}
spec:
  containers:
  - {name: c, image: 'busybox:1.28', args: [/bin/sh, -c, touch /tmp/healthy; sleep 10; rm -f /tmp/healthy; sleep 600], livenessProbe: {exec: {command: [cat, /tmp/healthy]}, periodSeconds: 5}}`,
      ),
      45_000,
    );
    expect(type('kubectl describe pod healthy', 1_000)).toMatch(
      /Unhealthy +\S+ \(x3 over \d+s\) .*Liveness probe failed: cat: can't open '\/tmp\/healthy': No such file or directory/,
    );
    expect(type('kubectl get pod healthy', 1_000)).toMatch(/Running +0/);
    expect(type('kubectl get pod healthy', 30_000)).toMatch(/Running +0/);
    expect(type('kubectl get pod healthy', 1_000)).toMatch(/Running +1/);
  });

  it('kills what takes more memory than it may', () => {
    type(
      manifest(
        `apiVersion: v1
kind: Pod
metadata: {name: hungry}
spec:
  containers: [{name: c, image: polinux/stress, resources: {limits: {memory: 100Mi}}, command: [stress, --vm, '1', --vm-bytes, 250M]}]`,
      ),
      10_000,
    );
    expect(type('kubectl describe pod hungry', 1_000)).toMatch(/Reason: +OOMKilled\n +Exit Code: +137/);
  });
});
