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
