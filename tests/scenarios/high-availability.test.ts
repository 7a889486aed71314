import { describe, expect, it } from 'vitest';
import { Session } from '#session/session.ts';

/** A booted cluster of three masters, whose commands are timed. */
function cluster(masters = 3) {
  const session = new Session({ shape: 'ha', masters, nodes: 3, seed: 5 });
  session.pass(40_000);
  const shown = (): Session['frame'] extends () => infer Frame ? Frame : never => session.frame();
  return {
    session,
    /** Types a line and waits until it is done; what was printed, and how long that took. */
    run(line: string): { readonly text: string; readonly ms: number } {
      const before = shown().terminals[0]!.lines.length;
      const began = session.world.now;
      session.send({ type: 'terminal.line', terminal: 'alice/terminal', line });
      session.send({ type: 'pause' });
      do session.pass(10);
      while (shown().terminals[0]!.busy && session.world.now - began < 200_000);
      const lines = shown().terminals[0]!.lines.slice(before + 1);
      return { text: lines.map((item) => item.text).join('\n'), ms: session.world.now - began };
    },
    kill(address: string): void {
      session.send({ type: 'fault', action: { type: 'kill', address } });
    },
    /** Ends what runs on a host for good: nothing starts it again. */
    killForGood(host: string, name: string): void {
      for (const process of ['kubelet', name]) session.send({ type: 'fault', action: { type: 'kill', address: `${host}/${process}` } });
    },
    leader(component: string): string {
      const found = shown().processes.find((item) => item.definition === component && !/^(candidate|starting)/.test(item.state));
      return found?.host ?? '';
    },
    keys: (prefix: string): number => session.answer({ type: 'keyspace', prefix, revision: 0 }).keys.length,
  };
}

const leases =
  'kubectl get leases -n kube-system -o custom-columns=NAME:.metadata.name,HOLDER:.spec.holderIdentity,TRANSITIONS:.spec.leaseTransitions';
const endpoints = `kubectl get endpointslice kubernetes -o jsonpath='{.endpoints[*].addresses[0]}'`;
const all = '192.168.49.11 192.168.49.12 192.168.49.13';

describe('three masters', () => {
  it('are as a real one when all is well: one leader each, a lease for each API server, all in the endpoints', () => {
    const { run, leader, session } = cluster();
    const rows = run(leases).text.split('\n');
    expect(rows.filter((row) => row.startsWith('apiserver-'))).toHaveLength(3);
    expect(rows.filter((row) => /^kube-(controller-manager|scheduler) .* 0$/.test(row))).toHaveLength(2);
    expect(run(endpoints).text).toContain(all);
    expect(run('kubectl get cs').text).toMatch(/scheduler +Healthy +ok[^]*controller-manager +Healthy +ok[^]*etcd-0 +Healthy +ok/);
    expect(run('kubectl get pods -n kube-system -o name').text.match(/pod\/kube-apiserver-master-\d/g)).toHaveLength(3);
    for (const component of ['kube-controller-manager', 'kube-scheduler']) expect(leader(component)).toMatch(/^master-\d$/);
    expect(session.frame().processes.find((item) => item.definition === 'haproxy')?.summary).toMatch(/^3\/3 up/);
  });

  it('take the lease over when the leading controller manager is gone, after about as long as a real one', () => {
    const { run, killForGood, leader, keys, session } = cluster();
    const first = leader('kube-controller-manager');
    killForGood(first, 'kube-controller-manager');
    expect(run('kubectl create deployment second --image=nginx').text).toBe('deployment.apps/second created');
    const began = session.world.now;
    while (keys('/registry/replicasets/default/second') === 0 && session.world.now - began < 60_000) session.pass(100);
    expect(session.world.now - began).toBeGreaterThan(10_000);
    expect(session.world.now - began).toBeLessThan(25_000);
    expect(leader('kube-controller-manager')).not.toBe(first);
    expect(run(leases).text).toMatch(/kube-controller-manager +master-\d_\S+ +1/);
  });

  it('go on when an API server is gone: it leaves the endpoints, and its identity lease stays', () => {
    const { run, killForGood, session } = cluster();
    killForGood('master-2', 'kube-apiserver');
    const answers = Array.from({ length: 6 }, () => run('kubectl get nodes -o name'));
    for (const { text, ms } of answers) {
      expect(text).toContain('node/node-1');
      expect(ms).toBeLessThan(3000);
    }
    session.pass(45_000);
    expect(run(endpoints).text).toBe('192.168.49.11 192.168.49.13');
    expect(run(leases).text.match(/^apiserver-/gm)).toHaveLength(3);
    expect(session.frame().processes.find((item) => item.definition === 'haproxy')?.summary).toMatch(/^2\/3 up/);
  });

  it('a started API server is taken back by the load balancer and into the endpoints', () => {
    const { run, kill, session } = cluster();
    kill('master-3/kube-apiserver');
    session.pass(60_000);
    expect(run(endpoints).text).toBe(all);
    expect(session.frame().processes.find((item) => item.definition === 'haproxy')?.summary).toMatch(/^3\/3 up/);
  });

  it('clients see what they would see of a real load balancer that is gone', () => {
    const { run, kill } = cluster();
    kill('load-balancer/haproxy');
    expect(run('kubectl get pods').text).toBe(
      'The connection to the server 192.168.49.10:6443 was refused - did you specify the right host or port?',
    );
  });

  it('a master that is cut off loses what it leads, and takes part again when it is joined', () => {
    const { run, leader, session } = cluster();
    const first = 'kube-scheduler';
    const host = leader(first);
    session.send({ type: 'fault', action: { type: 'isolate', host, isolated: true } });
    const through = (server: string): number =>
      session.frame().watches.filter((watch) => watch.server === server && watch.client.startsWith('load-balancer/')).length;
    const before = session.frame().watches.filter((watch) => watch.client.startsWith('load-balancer/')).length;
    session.pass(60_000);
    expect(through(`${host}/kube-apiserver`)).toBe(0);
    // Who watched through it does so through another one.
    expect(['master-1', 'master-2', 'master-3'].reduce((sum, name) => sum + through(`${name}/kube-apiserver`), 0)).toBeGreaterThanOrEqual(
      before - 4,
    );
    expect(leader(first)).not.toBe(host);
    expect(run('kubectl get nodes').text).toMatch(new RegExp(`${host} +NotReady`));
    session.send({ type: 'fault', action: { type: 'isolate', host, isolated: false } });
    session.pass(60_000);
    expect(run('kubectl get nodes').text).toMatch(new RegExp(`${host} +Ready`));
    expect(run(endpoints).text).toBe(all);
  });
});

describe('etcd that is gone or does not answer', () => {
  it('is refused at once by writes and after a while by reads, and everything goes on when it is back', () => {
    const { run, session, kill } = cluster(1);
    session.send({ type: 'terminal.open', user: 'alice' });
    const watching = session.frame().terminals[1]!.id;
    session.send({ type: 'terminal.line', terminal: watching, line: 'kubectl get configmaps -w -o name' });
    session.send({ type: 'pause' });
    session.pass(1000);
    for (const name of ['kubelet', 'etcd']) kill(`master-1/${name}`);
    const write = run('kubectl create configmap lost --from-literal=a=b');
    expect(write.text).toMatch(/^error: failed to create configmap: rpc error: code = Unavailable desc = /);
    expect(write.ms).toBeLessThan(1000);
    const read = run('kubectl get pods');
    expect(read.text).toMatch(/^Error from server: rpc error: code = Unavailable desc = connection error: /);
    expect(read.ms).toBeGreaterThan(2000);
    for (const process of ['etcd', 'kubelet']) session.send({ type: 'fault', action: { type: 'start', address: `master-1/${process}` } });
    session.pass(30_000);
    expect(run('kubectl create configmap back --from-literal=a=b').text).toBe('configmap/back created');
    expect(run('kubectl get configmap back lost -o name').text).toBe(
      'configmap/back\nError from server (NotFound): configmaps "lost" not found',
    );
    session.pass(1000);
    // The watch went on from where it stood.
    expect(
      session
        .frame()
        .terminals.find((item) => item.id === watching)!
        .lines.map((item) => item.text),
    ).toContain('configmap/back');
  });

  /** One API server whose member of etcd has lost the only other one. */
  function silent() {
    const made = cluster(2);
    made.killForGood('master-1', 'kube-apiserver');
    // The load balancer finds out.
    made.session.pass(8000);
    made.session.send({ type: 'fault', action: { type: 'link', between: ['master-1', 'master-2'], options: { loss: 1 } } });
    return made;
  }
  const seconds = (ms: number): number => Math.round(ms / 1000);

  it('lets reads wait for a minute', () => {
    const { text, ms } = silent().run('kubectl get pods');
    expect(text).toBe(
      'Error from server (Timeout): the server was unable to return a response in the time allotted, but may still be processing the request (get pods)',
    );
    expect(seconds(ms)).toBe(60);
  });

  it('lets a client wait no longer than it wants to', () => {
    const { text, ms } = silent().run('kubectl get pod -o name --request-timeout=20s');
    expect(text).toBe('Unable to connect to the server: net/http: request canceled (Client.Timeout exceeded while awaiting headers)');
    expect(seconds(ms)).toBe(20);
  });

  it('lets writes wait for 34 s', () => {
    const { text, ms } = silent().run('kubectl create configmap no-quorum --from-literal=a=b');
    expect(text).toBe(
      'error: failed to create configmap: Timeout: request did not complete within requested timeout - context deadline exceeded',
    );
    expect(seconds(ms)).toBe(34);
  });

  it('fails the checks of the server, and the component status after 20 s', () => {
    const ready = silent().run('kubectl get --raw /readyz?verbose');
    expect(ready.text).toMatch(/^Error from server \(InternalError\): an error on the server \("\[\+\]ping ok\\n/);
    for (const check of ['etcd', 'etcd-readiness']) expect(ready.text).toContain(`[-]${check} failed: reason withheld\\n`);
    expect(ready.text).toMatch(/\[\+\]shutdown ok\\nreadyz check failed"\) has prevented the request from succeeding$/);
    expect(seconds(ready.ms)).toBe(2);
    const live = silent().run('kubectl get --raw /livez');
    expect(live.text).toContain('[-]etcd failed');
    expect(live.text).not.toContain('etcd-readiness');
    const status = silent().run('kubectl get cs');
    expect(status.text).toMatch(/etcd-0 +Unhealthy +error getting data from etcd: context deadline exceeded/);
    expect(seconds(status.ms)).toBe(20);
  });

  it('takes the server out of the load balancer, which closes what is opened then', () => {
    const { run, session } = silent();
    session.pass(15_000);
    expect(session.frame().processes.find((item) => item.definition === 'haproxy')?.summary).toMatch(/^0\/2 up/);
    expect(run('kubectl get pods').text).toBe('Unable to connect to the server: unexpected EOF');
  });

  it('ends the leaders, who cannot renew their leases, and nobody else', () => {
    const { leader, session } = silent();
    const runs = (name: string): number => session.world.process(`master-2/${name}`)?.incarnation ?? 0;
    const leads = ['kube-controller-manager', 'kube-scheduler'].map((name) => [name, leader(name) === 'master-2'] as const);
    session.pass(40_000);
    for (const [name, led] of leads) expect(runs(name) > 1).toBe(led);
    for (const name of ['kube-apiserver', 'kubelet']) expect(runs(name)).toBe(1);
  });
});

describe('an API server that is told to end', () => {
  it('answers what it was asked, is not ready any more, and leaves the endpoints at once', () => {
    const { run, session } = cluster();
    session.send({ type: 'fault', action: { type: 'kill', address: 'master-2/kubelet' } });
    session.send({ type: 'fault', action: { type: 'stop', address: 'master-2/kube-apiserver' } });
    session.pass(100);
    expect(session.world.process('master-2/kube-apiserver')).toBeUndefined();
    expect(run(endpoints).text).toBe('192.168.49.11 192.168.49.13');
  });

  it('goes all the same when etcd is gone, and leaves the endpoints as they are where it is the only one', () => {
    const { run, session } = cluster(1);
    session.send({ type: 'fault', action: { type: 'stop', address: 'master-1/kube-apiserver' } });
    session.pass(60_000);
    expect(run(endpoints).text).toBe('192.168.49.11');
    for (const name of ['kubelet', 'etcd']) session.send({ type: 'fault', action: { type: 'kill', address: `master-1/${name}` } });
    session.send({ type: 'fault', action: { type: 'stop', address: 'master-1/kube-apiserver' } });
    session.pass(6000);
    expect(session.world.process('master-1/kube-apiserver')).toBeUndefined();
  });
});

describe('a group of three members of etcd', () => {
  const members = ['master-1', 'master-2', 'master-3'];
  const leading = (session: Session): string =>
    session.frame().processes.find((item) => item.definition === 'etcd' && item.state === 'leader')?.host ?? '';
  const term = (session: Session, host: string): number =>
    Number(/term (\d+)/.exec(session.frame().processes.find((item) => item.address === `${host}/etcd`)?.summary ?? '')?.[1]);

  it('has another leader when the first is gone: what was being written is uncertain, and all else goes on', () => {
    const { run, killForGood, session } = cluster();
    const first = leading(session);
    const before = term(session, first);
    killForGood(first, 'etcd');
    const write = run('kubectl create configmap after-leader-loss --from-literal=a=b');
    expect(write.text).toBe('error: failed to create configmap: etcdserver: request timed out, possibly due to previous leader failure');
    expect(write.ms / 1000).toBeCloseTo(7, 0);
    expect(leading(session)).not.toBe(first);
    expect(term(session, leading(session))).toBeGreaterThan(before);
    expect(run('kubectl create configmap next --from-literal=a=b').text).toBe('configmap/next created');
    for (const name of ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'])
      for (const host of members.filter((member) => member !== first))
        expect(session.world.process(`${host}/${name}`)?.incarnation).toBe(1);
  });

  it('answers nobody when two are gone, and everybody soon after one is back', () => {
    const { run, killForGood, session } = cluster();
    run('kubectl create deployment web --image=nginx --replicas=2');
    session.pass(8000);
    const [, second = '', third = ''] = [leading(session), ...members.filter((member) => member !== leading(session))];
    for (const host of [second, third]) killForGood(host, 'etcd');
    const read = run('kubectl get pods');
    expect(read.text).toMatch(/^Error from server \(Timeout\): .* \(get pods\)$/);
    expect(Math.round(read.ms / 1000)).toBe(60);
    session.pass(20_000);
    session.send({ type: 'fault', action: { type: 'start', address: `${second}/etcd` } });
    // The load balancer finds the API servers ready again.
    session.pass(8000);
    const back = run('kubectl create configmap back --from-literal=a=b');
    expect(back.text).toBe('configmap/back created');
    expect(back.ms).toBeLessThan(2000);
    expect(run('kubectl get pods').text.match(/ Running /g)).toHaveLength(2);
    session.send({ type: 'fault', action: { type: 'start', address: `${second}/kubelet` } });
    session.send({ type: 'fault', action: { type: 'start', address: `${third}/kubelet` } });
    session.pass(60_000);
    expect(run('kubectl get nodes').text).not.toContain('NotReady');
    expect(run(leases).text).toMatch(/kube-controller-manager +\S+ +[12]\b/);
  });
});
