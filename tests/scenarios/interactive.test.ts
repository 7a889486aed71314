import '#cluster/late.ts';
import { describe, expect, it } from 'vitest';
import { Session } from '#session/session.ts';

/** Two terminals of alice, before a cluster that is up. */
class Seat {
  readonly session = new Session({ shape: 'minikube', seed: 3 });
  private seen = 0;

  constructor() {
    this.session.pass(30_000);
  }

  screen(terminal = 'alice/terminal'): { readonly prompt: string; readonly lines: readonly string[]; readonly busy: boolean } {
    const found = this.session.frame().terminals.find((item) => item.id === terminal)!;
    return { prompt: found.prompt, lines: found.lines.map((line) => line.text), busy: found.busy };
  }

  /** What is new on the screen after a while. */
  after(ms: number, terminal?: string): string {
    this.session.pass(ms);
    const { lines } = this.screen(terminal);
    const fresh = lines.slice(this.seen);
    this.seen = lines.length;
    return fresh.join('\n');
  }

  type(line: string, ms = 3_000, terminal = 'alice/terminal'): string {
    this.session.send({ type: 'terminal.line', terminal, line });
    this.session.send({ type: 'pause' });
    return this.after(ms, terminal);
  }
}

describe('a shell in a container', () => {
  it('shows its prompt, takes lines, keys and its end', () => {
    const seat = new Seat();
    seat.type('kubectl run web --image=nginx', 10_000);
    expect(seat.type('kubectl exec -it web -- sh')).toBe('$ kubectl exec -it web -- sh');
    expect(seat.screen()).toMatchObject({ prompt: '/ #', busy: true });
    expect(seat.type('echo hello > /tmp/a; cat /tmp/a')).toBe('/ # echo hello > /tmp/a; cat /tmp/a\nhello');
    expect(seat.type('sleep 1000')).toBe('/ # sleep 1000');
    seat.session.send({ type: 'terminal.interrupt', terminal: 'alice/terminal' });
    expect(seat.after(1_000)).toBe('^C');
    expect(seat.type('echo $?')).toBe('/ # echo $?\n130');
    expect(seat.type('exit 7')).toBe('/ # exit 7\ncommand terminated with exit code 7');
    expect(seat.screen()).toMatchObject({ prompt: '$', busy: false });
    seat.type('kubectl exec -it web -- sh');
    seat.session.send({ type: 'terminal.end', terminal: 'alice/terminal' });
    seat.after(1_000);
    expect(seat.screen()).toMatchObject({ prompt: '$', busy: false });
  });

  it('is a pod of its own with run, and goes with it', () => {
    const seat = new Seat();
    const begun = seat.type('kubectl run -it box --image=busybox --rm --restart=Never -- sh', 10_000);
    expect(begun).toContain("If you don't see a command prompt, try pressing enter.");
    expect(seat.screen().prompt).toBe('/ #');
    expect(seat.type('hostname')).toBe('/ # hostname\nbox');
    const ended = seat.type('exit 3', 15_000);
    expect(ended).toContain('pod "box" deleted from default namespace');
    expect(ended).toContain('pod default/box terminated (Error)');
    expect(seat.type('kubectl get pods')).toContain('No resources found');
  });

  it('gets the text of a pipe, or what is typed line by line', () => {
    const seat = new Seat();
    seat.type('kubectl run web --image=nginx', 10_000);
    expect(seat.type('echo one two | kubectl exec -i web -- wc -w')).toContain('2');
    seat.type('kubectl exec -i web -- cat');
    expect(seat.type('again')).toBe('again\nagain');
    seat.session.send({ type: 'terminal.end', terminal: 'alice/terminal' });
    seat.after(1_000);
    expect(seat.screen().busy).toBe(false);
  });
});

describe('ports and logs', () => {
  it('answers on a forwarded port in another terminal of the same user', () => {
    const seat = new Seat();
    seat.type('kubectl create deployment web --image=nginx', 10_000);
    seat.type('kubectl expose deployment web --port=8000 --target-port=80');
    seat.session.send({ type: 'terminal.open', user: 'alice' });
    expect(seat.type('kubectl port-forward svc/web 8080:8000')).toContain('Forwarding from 127.0.0.1:8080 -> 80');
    const other = 'alice/terminal-2';
    seat.type('curl -s localhost:8080 | head -4', 1_000, other);
    expect(seat.screen(other).lines.join('\n')).toContain('Welcome to nginx!');
    expect(seat.screen().lines.join('\n')).toContain('Handling connection for 8080');
    seat.type('kubectl port-forward deployment/web 8080:80', 1_000, other);
    expect(seat.screen(other).lines.join('\n')).toContain('error: unable to listen on any of the requested ports: [{8080 80}]');
    seat.session.send({ type: 'terminal.interrupt', terminal: 'alice/terminal' });
    seat.session.pass(500);
    seat.type('curl localhost:8080', 1_000, other);
    expect(seat.screen(other).lines.at(-1)).toBe(
      "curl: (7) Failed to connect to localhost port 8080 after 0 ms: Couldn't connect to server",
    );
  });

  it('follows a log, and its end', () => {
    const seat = new Seat();
    seat.type("kubectl run count --image=busybox --restart=Never -- sh -c 'for i in 1 2 3 4 5; do echo line $i; sleep 4; done'", 10_000);
    expect(seat.type('kubectl logs -f count --tail=1', 1_000)).toMatch(/line \d$/);
    expect(seat.after(5_000)).toMatch(/^line \d/);
    expect(seat.screen().busy).toBe(true);
    expect(seat.after(20_000)).toContain('line 5');
    expect(seat.screen().busy).toBe(false);
    expect(seat.type('kubectl logs count --timestamps --tail=2 --prefix')).toMatch(/\[pod\/count\/count\] \d{4}-\S+Z line 4\n/);
  });
});

describe('files', () => {
  it('are copied into a container and out of it', () => {
    const seat = new Seat();
    seat.type('kubectl run web --image=nginx', 10_000);
    seat.type("echo '<h1>grüße</h1>' > index.html");
    expect(seat.type('kubectl cp index.html web:/usr/share/nginx/html/index.html')).toBe(
      '$ kubectl cp index.html web:/usr/share/nginx/html/index.html',
    );
    expect(seat.type('kubectl exec web -- curl -s localhost')).toContain('<h1>grüße</h1>');
    seat.type('kubectl cp index.html web:/tmp');
    expect(seat.type('kubectl exec web -- ls /tmp')).toContain('index.html');
    seat.type('kubectl cp web:/etc/resolv.conf there/name');
    expect(seat.type('cat there/name')).toContain('nameserver');
    seat.type('kubectl cp default/web:/usr/share/nginx/html pages');
    expect(seat.type('ls pages')).toContain('pages/index.html');
    expect(seat.type('kubectl cp web:/nothing here')).toContain('command terminated with exit code 2');
    expect(seat.type('kubectl cp nothing web:/tmp')).toContain("error: nothing doesn't exist in local filesystem");
  });
});
