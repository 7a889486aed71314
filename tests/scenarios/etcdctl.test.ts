import { describe, expect, it } from 'vitest';
import { Session } from '#session/session.ts';

const folder = '/var/lib/minikube/certs/etcd';
const certificates = `--cacert=${folder}/ca.crt --cert=${folder}/server.crt --key=${folder}/server.key`;

/** A booted cluster, and what a typed line prints. */
function cluster() {
  const session = new Session({ shape: 'minikube', seed: 5 });
  session.pass(30_000);
  const terminal = 'alice/terminal';
  const lines = (): readonly { readonly text: string }[] => session.frame().terminals[0]!.lines;
  const type = (line: string): number => {
    const before = lines().length;
    session.send({ type: 'terminal.line', terminal, line });
    session.send({ type: 'pause' });
    return before + 1;
  };
  const since = (from: number): string =>
    lines()
      .slice(from)
      .map(({ text }) => text)
      .join('\n');
  const run = (line: string): string => {
    const from = type(line);
    const began = session.world.now;
    do session.pass(10);
    while (session.frame().terminals[0]!.busy && session.world.now - began < 20_000);
    return since(from);
  };
  return { session, type, since, run, etcdctl: (args: string): string => run(`etcdctl ${certificates} ${args}`) };
}

describe('etcdctl', () => {
  it('is not let in without certificates, and says so after five seconds', () => {
    const { session, run } = cluster();
    const began = session.world.now;
    const plain = run('etcdctl member list');
    expect(session.world.now - began).toBeGreaterThanOrEqual(5000);
    expect(plain).toMatch(/"msg":"retrying of unary invoker failed".*error reading server preface: EOF/);
    expect(plain).toMatch(/\nError: context deadline exceeded$/);
    expect(run(`etcdctl --cacert=${folder}/ca.crt get a`)).toContain('remote error: tls: certificate required');
    expect(run(`etcdctl --endpoints=https://127.0.0.1:2379 get a`)).toContain('x509: certificate signed by unknown authority');
    expect(run(`etcdctl --cacert=/nowhere.crt get a`)).toBe('Error: open /nowhere.crt: no such file or directory');
  });

  it('lists members and tells how they are', () => {
    const { etcdctl, run } = cluster();
    const members = etcdctl('member list -w table');
    expect(members).toContain('| STATUS  |   NAME   |        PEER ADDRS         |       CLIENT ADDRS        | IS LEARNER |');
    expect(members).toContain('| started | minikube | https://192.168.49.2:2380 | https://192.168.49.2:2379 |      false |');
    expect(etcdctl('endpoint status --cluster')).toMatch(
      /^https:\/\/192\.168\.49\.2:2379, [0-9a-f]+, 3\.6\.16, 3\.6\.0, \d+ kB, \d+ kB, 0%, 0 B, true, false, 2, (\d+), \1, , , false$/,
    );
    expect(etcdctl('endpoint health')).toMatch(/^127\.0\.0\.1:2379 is healthy: successfully committed proposal: took = \S+$/);
    // The same in the pod, where a real one has it.
    expect(run(`kubectl exec -n kube-system etcd-minikube -- etcdctl ${certificates} member list`)).toBe(etcdctl('member list'));
  });

  it('reads and writes keys, old revisions too, until they are compacted', () => {
    const { etcdctl } = cluster();
    expect(etcdctl('put greeting hello')).toBe('OK');
    const json = JSON.parse(etcdctl('get greeting -w json')) as {
      readonly header: { readonly revision: number };
      readonly kvs: readonly object[];
    };
    expect(json.kvs[0]).toMatchObject({ key: 'Z3JlZXRpbmc=', value: 'aGVsbG8=', version: 1 });
    const { revision } = json.header;
    etcdctl('put greeting bye');
    expect(etcdctl('get greeting')).toBe('greeting\nbye');
    expect(etcdctl(`get greeting --rev=${revision}`)).toBe('greeting\nhello');
    expect(etcdctl('get /registry/namespaces/kube-s --prefix --keys-only').trim()).toBe('/registry/namespaces/kube-system');
    expect(etcdctl('del greeting')).toBe('1');
    expect(etcdctl(`compact ${revision + 2}`)).toBe(`compacted revision ${revision + 2}`);
    expect(etcdctl(`get greeting --rev=${revision}`)).toMatch(
      /code = OutOfRange[^]*\nError: etcdserver: mvcc: required revision has been compacted$/,
    );
    expect(etcdctl('defrag')).toMatch(/^Finished defragmenting etcd member\[127\.0\.0\.1:2379\]\. took \d/);
    expect(etcdctl('alarm list')).toBe('');
    expect(etcdctl('snapshot save backup.db')).toMatch(/^Snapshot saved at backup\.db/);
  });

  it('watches what the cluster does until it is interrupted', () => {
    const { session, type, since, run } = cluster();
    const from = type(`etcdctl ${certificates} watch /registry/configmaps/default/ --prefix`);
    session.pass(100);
    session.send({ type: 'terminal.open', user: 'alice' });
    session.send({
      type: 'terminal.line',
      terminal: session.frame().terminals[1]!.id,
      line: 'kubectl create configmap seen --from-literal=a=b',
    });
    session.send({ type: 'pause' });
    session.pass(3000);
    expect(since(from)).toMatch(/^PUT\n\/registry\/configmaps\/default\/seen\n\{.*"data":\{"a":"b"\}/);
    session.send({ type: 'terminal.interrupt', terminal: 'alice/terminal' });
    session.send({ type: 'pause' });
    session.pass(100);
    expect(run('echo done')).toBe('done');
  });
});
