import { describe, expect, it } from 'vitest';
import { Session } from '#session/session.ts';
import type { Frame } from '#session/port.ts';

/** A session whose cluster has booted, and a hand at its terminal. */
function minikube(): { readonly session: Session; type(line: string, ms?: number): string; frame(): Frame } {
  const session = new Session({ shape: 'minikube', seed: 5 });
  session.pass(30_000);
  const frame = (): Frame => session.frame();
  return {
    session,
    frame,
    type(line, ms = 8_000) {
      const before = frame().terminals[0]!.lines.length;
      session.send({ type: 'terminal.line', terminal: 'alice/terminal', line });
      session.send({ type: 'pause' });
      session.pass(ms);
      return frame()
        .terminals[0]!.lines.slice(before + 1)
        .map((item) => item.text)
        .join('\n');
    },
  };
}

const running = (frame: Frame, prefix: string): readonly string[] =>
  frame.pods.filter((pod) => pod.name.startsWith(prefix) && pod.status === 'Running').map((pod) => pod.name);

describe("the seed's story", () => {
  const { type, frame } = minikube();

  it('shows the components, as component statuses and as pods', () => {
    const statuses = type('kubectl get cs');
    expect(statuses).toContain('Warning: v1 ComponentStatus is deprecated in v1.19+');
    expect(statuses).toMatch(/scheduler +Healthy/);
    expect(statuses).toMatch(/etcd-0 +Healthy/);
    const pods = type('kubectl get po -n kube-system');
    for (const name of [
      'etcd-minikube',
      'kube-apiserver-minikube',
      'kube-controller-manager-minikube',
      'kube-scheduler-minikube',
      'kube-proxy-',
      'coredns-',
      'storage-provisioner',
    ])
      expect(pods).toContain(name);
  });

  it('knows namespaces', () => {
    expect(type('kubectl get po etcd-minikube')).toBe('Error from server (NotFound): pods "etcd-minikube" not found');
    expect(type('kubectl describe po etcd-minikube -n kube-system')).toContain('--advertise-client-urls=https://192.168.49.2:2379');
  });

  it('brings a Deployment from a manifest to running pods, and replaces a pod that is deleted', () => {
    for (const line of [
      'kubectl apply -f - <<EOF',
      'apiVersion: apps/v1',
      'kind: Deployment',
      'metadata: {name: web}',
      'spec:',
      '  replicas: 3',
      '  selector: {matchLabels: {app: web}}',
      '  template:',
      '    metadata: {labels: {app: web}}',
      '    spec: {containers: [{name: nginx, image: "nginx:1.27", ports: [{containerPort: 80}]}]}',
      '---',
      'apiVersion: v1',
      'kind: Service',
      'metadata: {name: web}',
      'spec: {selector: {app: web}, ports: [{port: 80}]}',
    ])
      type(line, 10);
    expect(type('EOF', 20_000)).toContain('service/web created');
    const before = running(frame(), 'web-');
    expect(before).toHaveLength(3);
    expect(type('kubectl get endpoints web | tail -1')).toMatch(/10\.244\.0\.\d+:80,10\.244\.0\.\d+:80,10\.244\.0\.\d+:80/);
    expect(type(`kubectl delete pod ${before[0]!}`, 40_000)).toContain('deleted');
    const after = running(frame(), 'web-');
    expect(after).toHaveLength(3);
    expect(after).not.toContain(before[0]);
  });

  it('answers nonsense in the words of the shell, kubectl and the API server', () => {
    expect(type('frobnicate')).toBe('bash: frobnicate: command not found');
    expect(type('kubectl frobnicate')).toContain('unknown command "frobnicate" for "kubectl"');
    expect(type('kubectl get podz')).toBe('error: the server doesn\'t have a resource type "podz"');
    expect(type('kubectl get pods --frobnicate')).toContain('unknown flag: --frobnicate');
  });
});

describe('time', () => {
  it('gives the same run for the same seed and inputs', () => {
    const hashes = [0, 1].map(() => {
      const { session, type } = minikube();
      type('kubectl create deployment web --image=nginx');
      return session.history.hash;
    });
    expect(hashes[0]).toBe(hashes[1]);
  });

  it('branches where something is typed in the past, and keeps both', () => {
    const { session, type, frame } = minikube();
    type('kubectl create deployment web --image=nginx --replicas=2', 15_000);
    const { head } = frame();
    session.send({ type: 'seek', to: { time: head.time - 14_500 } });
    expect(running(frame(), 'web-')).toHaveLength(0);
    type('kubectl create namespace shop');
    expect(frame().branches.map((branch) => branch.id)).toEqual(['main', 'branch-1']);
    session.send({ type: 'branch', branch: 'main' });
    session.send({ type: 'seek', to: 'head' });
    expect(running(frame(), 'web-')).toHaveLength(2);
  });

  it('takes a saved run up again', () => {
    const { session, type, frame } = minikube();
    type('kubectl create deployment web --image=nginx');
    const saved = JSON.parse(JSON.stringify(session.answer({ type: 'save' }))) as unknown;
    const other = new Session({ shape: 'minikube', seed: 1 });
    other.send({ type: 'restore', saved });
    expect(other.history.hash).toBe(session.history.hash);
    expect(running(other.frame(), 'web-')).toEqual(running(frame(), 'web-'));
  });

  it('refuses what is no saved run, and names the place', () => {
    const { session } = minikube();
    const problems: string[] = [];
    session.onProblem((problem) => problems.push(`${problem.code} ${problem.values['place'] ?? ''}`));
    for (const saved of [
      undefined,
      7,
      {},
      { format: 'kube-orrery-session', version: 1, cluster: { shape: 'minikube', seed: 1 }, branches: [{}], branch: 'x', cursor: 0 },
    ])
      session.send({ type: 'restore', saved });
    expect(problems).toEqual(['save.malformed file', 'save.malformed file', 'save.malformed format', 'save.malformed branches[0]']);
  });
});

describe('the only door', () => {
  it('is the API server: etcd refuses whoever has no client certificate', () => {
    const { session } = minikube();
    const answers: unknown[] = [];
    session.input({
      type: 'message',
      to: 'minikube/etcd',
      message: { type: 'etcd.request', id: 'x', operation: { op: 'range', key: '/registry/pods/' } } as never,
    });
    session.runUntil((entry) => {
      for (let id = entry.firstPacket; id < entry.firstPacket + entry.packetCount; id++) {
        const message = session.history.packet(id)?.message as
          { readonly type: string; readonly id?: string; readonly error?: string } | undefined;
        if (message?.type === 'etcd.response' && message.id === 'x') answers.push(message.error);
      }
      return answers.length > 0;
    }, 1_000);
    expect(answers).toEqual(['remote error: tls: certificate required']);
  });
});
