import { describe, expect, it } from 'vitest';
import { manifest, terminal } from './terminal.ts';

describe('services and names', () => {
  const { type } = terminal();

  it('lets a pod reach a service by its name, through CoreDNS and the rules of kube-proxy', () => {
    type('kubectl create deployment web --image=nginx --replicas=2');
    type('kubectl expose deployment web --port=80');
    type('kubectl run box --image=busybox:1.36 -- sleep 3600');
    expect(type('kubectl exec box -- nslookup web')).toContain('web.default.svc.cluster.local');
    expect(type('kubectl exec box -- wget -qO- http://web')).toContain('Welcome to nginx!');
    expect(type('kubectl exec box -- wget -qO- http://nothing')).toContain("wget: bad address 'nothing'");
  });

  it('refuses connections to a service without endpoints', () => {
    type('kubectl scale deployment web --replicas=0', 20_000);
    expect(type('kubectl exec box -- wget -qO- http://web')).toContain('Connection refused');
  });

  it('answers a pod as the service account whose token it has', () => {
    const curl =
      'wget -qO- --no-check-certificate --header "Authorization: Bearer $(cat /var/run/secrets/kubernetes.io/serviceaccount/token)" https://kubernetes/api/v1/namespaces/default/pods';
    expect(type(`kubectl exec box -- sh -c '${curl}'`)).toContain('403 Forbidden');
    type('kubectl create rolebinding see --clusterrole=view --serviceaccount=default:default');
    expect(type(`kubectl exec box -- sh -c '${curl}'`)).toContain('"kind": "PodList"');
  });

  it('goes on by the rules that are there when kube-proxy is gone, until they are stale', () => {
    type('kubectl scale deployment web --replicas=1', 20_000);
    type('kubectl delete daemonset kube-proxy -n kube-system', 40_000);
    expect(type('kubectl get pods -n kube-system')).not.toContain('kube-proxy');
    expect(type('kubectl exec box -- wget -qO- http://web')).toContain('Welcome to nginx!');
    type('kubectl scale deployment web --replicas=0', 20_000);
    expect(type('kubectl exec box -- wget -qO- http://web')).not.toContain('Connection refused');
  });
});

describe('a pod', () => {
  const { session, type } = terminal();

  it('is ready when its probe says so, and only then an endpoint', () => {
    type(
      manifest(`apiVersion: v1
kind: Pod
metadata: {name: api, labels: {app: api}}
spec:
  containers:
  - name: api
    image: nginx
    readinessProbe: {httpGet: {path: /ready, port: 80}, periodSeconds: 2, failureThreshold: 1}
---
apiVersion: v1
kind: Service
metadata: {name: api}
spec: {selector: {app: api}, ports: [{port: 80}]}`),
    );
    expect(type('kubectl get pod api')).toMatch(/0\/1 +Running/);
    expect(type('kubectl describe pod api')).toContain('Readiness probe failed: HTTP probe failed with statuscode: 404');
    type("kubectl exec api -- sh -c 'echo ok > /usr/share/nginx/html/ready'");
    expect(type('kubectl get pod api')).toMatch(/1\/1 +Running/);
    expect(type('kubectl get endpoints api')).toMatch(/10\.244\.0\.\d+:80/);
    type('kubectl exec api -- rm /usr/share/nginx/html/ready');
    expect(type('kubectl get pod api')).toMatch(/0\/1 +Running/);
  });

  it('is started again when its liveness probe fails', () => {
    type(
      manifest(`apiVersion: v1
kind: Pod
metadata: {name: sick}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: c
    image: busybox
    command: [sh, -c, 'touch /tmp/ok; sleep 5; rm /tmp/ok; sleep 600']
    livenessProbe: {exec: {command: [cat, /tmp/ok]}, periodSeconds: 2, failureThreshold: 2}`),
      20_000,
    );
    const told = type('kubectl describe pod sick');
    expect(told).toContain("Liveness probe failed: cat: can't open '/tmp/ok': No such file or directory");
    expect(told).toContain('Container c failed liveness probe, will be restarted');
    expect(told).toMatch(/Exit Code: +137/);
    expect(told).toMatch(/Restart Count: +[1-9]/);
  });

  it('waits for a ConfigMap that is not there, and goes on when it is', () => {
    type(
      `kubectl run wants --image=busybox --overrides='{"spec":{"containers":[{"name":"c","image":"busybox","command":["sleep","600"],"envFrom":[{"configMapRef":{"name":"late"}}]}]}}'`,
    );
    expect(type('kubectl get pod wants')).toContain('CreateContainerConfigError');
    type('kubectl create configmap late --from-literal=COLOR=blue', 20_000);
    expect(type("kubectl exec wants -- sh -c 'echo $COLOR'")).toBe('blue');
  });

  it('shows a changed ConfigMap in its volume after a while, but not in its environment', () => {
    type('kubectl create configmap page --from-literal=text=one');
    type(
      manifest(`apiVersion: v1
kind: Pod
metadata: {name: reader}
spec:
  volumes: [{name: v, configMap: {name: page}}]
  containers:
  - name: c
    image: busybox
    command: [sleep, '3600']
    env: [{name: TEXT, valueFrom: {configMapKeyRef: {name: page, key: text}}}]
    volumeMounts: [{name: v, mountPath: /page}]`),
    );
    type(`kubectl patch configmap page -p '{"data":{"text":"two"}}'`);
    const read = "kubectl exec reader -- sh -c 'cat /page/text; echo; echo $TEXT'";
    expect(type(read)).toBe('one\none');
    session.pass(90_000);
    expect(type(read)).toBe('two\none');
  });

  it('ends by its own trap in time, or is killed', () => {
    type(
      manifest(`apiVersion: v1
kind: Pod
metadata: {name: polite}
spec:
  terminationGracePeriodSeconds: 30
  containers: [{name: c, image: busybox, command: [sh, -c, 'trap "echo bye; exit 0" TERM; while true; do sleep 1; done']}]
---
apiVersion: v1
kind: Pod
metadata: {name: stubborn}
spec:
  terminationGracePeriodSeconds: 6
  containers: [{name: c, image: busybox, command: [sleep, '600']}]`),
    );
    type('kubectl delete pod polite stubborn --wait=false', 3_000);
    expect(type('kubectl get pods --no-headers', 1_000)).not.toContain('polite');
    expect(type('kubectl get pods --no-headers', 1_000)).toMatch(/stubborn +1\/1 +Terminating/);
    session.pass(5_000);
    expect(type('kubectl get pods --no-headers')).not.toContain('stubborn');
  });

  it('keeps what it wrote into a claim when it is replaced', () => {
    type(
      manifest(`apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}`),
    );
    const pod = manifest(`apiVersion: v1
kind: Pod
metadata: {name: keeper}
spec:
  terminationGracePeriodSeconds: 1
  volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]
  containers: [{name: c, image: busybox, command: [sleep, '3600'], volumeMounts: [{name: v, mountPath: /data}]}]`);
    type(pod);
    type("kubectl exec keeper -- sh -c 'echo kept > /data/file'");
    type('kubectl delete pod keeper', 10_000);
    type(pod);
    expect(type('kubectl exec keeper -- cat /data/file')).toBe('kept');
  });
});

describe('a kubelet', () => {
  it('finds its containers running when it starts again', () => {
    const { session, type } = terminal();
    type('kubectl run web --image=nginx');
    const id = "kubectl get pod web -o jsonpath='{.status.containerStatuses[0].containerID} {.status.containerStatuses[0].restartCount}'";
    const before = type(id);
    expect(before).toMatch(/^containerd:\/\/[0-9a-f]+ 0$/);
    session.send({ type: 'fault', action: { type: 'kill', address: 'minikube/kubelet' } });
    session.pass(60_000);
    session.send({ type: 'fault', action: { type: 'start', address: 'minikube/kubelet' } });
    session.pass(30_000);
    expect(type(id)).toBe(before);
    expect(type('kubectl get nodes')).toMatch(/minikube +Ready/);
  });
});

describe('a container runtime', () => {
  it('finds its containers running when it starts again', () => {
    const { session, type } = terminal();
    type("kubectl run clock --image=busybox -- sh -c 'while true; do date; sleep 1; done'");
    type('kubectl run web --image=nginx');
    session.send({ type: 'fault', action: { type: 'kill', address: 'minikube/container-runtime' } });
    session.pass(5_000);
    session.send({ type: 'fault', action: { type: 'start', address: 'minikube/container-runtime' } });
    session.pass(10_000);
    const lines = Number(type('kubectl logs clock | wc -l'));
    expect(Number(type('kubectl logs clock | wc -l'))).toBeGreaterThan(lines);
    expect(type('kubectl get pods --no-headers')).toMatch(/clock +1\/1 +Running +0 [\s\S]*web +1\/1 +Running +0 /);
    expect(type("kubectl exec web -- sh -c 'wget -qO- http://localhost'")).toContain('Welcome to nginx!');
  });
});
