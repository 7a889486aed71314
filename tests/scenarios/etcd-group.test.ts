import { describe, expect, it } from 'vitest';
import { Session } from '#session/session.ts';

const pki = '/etc/kubernetes/pki/etcd';
const hosts = ['master-1', 'master-2', 'master-3'];

/** A booted cluster of three masters, each with a member of etcd. */
function cluster() {
  const session = new Session({ shape: 'ha', masters: 3, nodes: 2, seed: 5 });
  session.pass(40_000);
  const roleOf = (host: string): string | undefined => session.world.process(`${host}/etcd`)?.value;
  const run = (line: string): { readonly text: string; readonly ms: number } => {
    const before = session.frame().terminals[0]!.lines.length;
    const began = session.world.now;
    session.send({ type: 'terminal.line', terminal: 'alice/terminal', line });
    session.send({ type: 'pause' });
    do session.pass(10);
    while (session.frame().terminals[0]!.busy && session.world.now - began < 120_000);
    const lines = session.frame().terminals[0]!.lines.slice(before + 1);
    return { text: lines.map(({ text }) => text).join('\n'), ms: session.world.now - began };
  };
  const fault = (type: 'kill' | 'start', host: string): void => {
    for (const process of ['kubelet', 'etcd']) session.send({ type: 'fault', action: { type, address: `${host}/${process}` } });
  };
  return {
    session,
    run,
    etcdctl: (args: string): string => run(`etcdctl --cacert=${pki}/ca.crt --cert=${pki}/server.crt --key=${pki}/server.key ${args}`).text,
    leader: (): string => hosts.find((host) => roleOf(host) === 'leader') ?? '',
    /** Ends a member for good: its kubelet would start it again. */
    kill: (host: string): void => fault('kill', host),
    start: (host: string): void => fault('start', host),
  };
}

/** The faults of the recorded control plane, in their order. */
describe('three members of etcd', () => {
  it('have one leader, and all are well', () => {
    const { etcdctl, leader } = cluster();
    const rows = etcdctl('endpoint status --cluster').split('\n');
    expect(rows).toHaveLength(3);
    expect(rows.filter((row) => / true, false, \d+, \d+, \d+, , , false$/.test(row))).toHaveLength(1);
    expect(etcdctl('endpoint health --cluster').match(/ is healthy: successfully committed proposal/g)).toHaveLength(3);
    expect(hosts).toContain(leader());
  });

  it('lose a write that was in flight to their leader, say so after 7 s, and go on in a higher term', () => {
    const { run, leader, kill, etcdctl } = cluster();
    const old = leader();
    kill(old);
    const { text, ms } = run('kubectl create configmap after-leader-loss --from-literal=a=b');
    expect(text).toBe('error: failed to create configmap: etcdserver: request timed out, possibly due to previous leader failure');
    expect(Math.round(ms / 1000)).toBe(7);
    expect(leader()).not.toBe(old);
    expect(etcdctl('endpoint status')).toMatch(/, 3, \d+, \d+, , , false$/);
    expect(run('kubectl create configmap later --from-literal=a=b').text).toBe('configmap/later created');
    expect(run('kubectl get nodes -o name').ms).toBeLessThan(1000);
  });

  it('answer nothing without a majority, and everything soon after it is back', () => {
    const { run, leader, kill, start, session } = cluster();
    const second = hosts.find((host) => host !== leader())!;
    kill(leader());
    session.pass(5000);
    kill(second === leader() ? hosts.find((host) => host !== second && session.world.process(`${host}/etcd`) !== undefined)! : second);
    const read = run('kubectl get pods');
    expect(read.text).toBe(
      'Error from server (Timeout): the server was unable to return a response in the time allotted, but may still be processing the request (get pods)',
    );
    expect(Math.round(read.ms / 1000)).toBe(60);
    for (const host of hosts) if (session.world.process(`${host}/etcd`) === undefined) start(host);
    // The members elect, and the load balancer takes the API servers back.
    session.pass(15_000);
    expect(run('kubectl create configmap back --from-literal=a=b').text).toBe('configmap/back created');
    expect(run('kubectl get nodes').text.match(/ Ready /g)).toHaveLength(5);
  });

  it('give the lead to whom etcdctl names, and take members out and in', () => {
    const { etcdctl, leader } = cluster();
    const all = hosts.map((_, index) => `192.168.49.${index + 11}:2379`).join(',');
    const [target = ''] = etcdctl('endpoint status --cluster')
      .split('\n')
      .filter((row) => / false, false, \d+, /.test(row))
      .map((row) => row.split(', ')[1]!);
    const before = leader();
    expect(etcdctl(`--endpoints=${all} move-leader ${target}`)).toMatch(new RegExp(`^Leadership transferred from [0-9a-f]+ to ${target}$`));
    expect(leader()).not.toBe(before);
    expect(etcdctl('member add master-4 --peer-urls=https://192.168.49.14:2380 --learner')).toMatch(
      /^Member +[0-9a-f]+ added as learner to cluster [0-9a-f]+\n\nETCD_NAME="master-4"\nETCD_INITIAL_CLUSTER="[^"]*master-4=https:\/\/192\.168\.49\.14:2380[^"]*"/,
    );
    const added = /([0-9a-f]+), unstarted, , https:\/\/192\.168\.49\.14:2380, , true/.exec(etcdctl('member list'))![1]!;
    expect(etcdctl(`member promote ${added}`)).toContain(
      'Error: etcdserver: can only promote a learner member which is in sync with leader',
    );
    expect(etcdctl(`member remove ${added}`)).toMatch(/^Member +[0-9a-f]+ removed from cluster/);
    expect(etcdctl('member list').split('\n')).toHaveLength(3);
  });
});
