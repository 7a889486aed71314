import { Session } from '#session/session.ts';

/**
 * Types a transcript's commands again and returns what is read then.
 *
 * - `# shape NAME [nodes N]` (first line) names the cluster; `# …` is a remark otherwise.
 * - `$ COMMAND` is typed, with the lines of its here-documents; what follows up to the next one is its output.
 * - `@ wait N` lets N seconds pass, `@ interrupt` is Ctrl-C, `@ edit A => B` replaces a text in the open editor and saves,
 *   `@ edit cancel` closes it.
 */
export function replay(transcript: string): string {
  const lines = transcript.split('\n');
  const shape = /^# shape (\S+)(?: nodes (\d+))?$/.exec(lines[0] ?? '');
  if (shape === null) throw new Error('the first line of a transcript names its cluster: # shape minikube');
  const hand = new Hand(shape[1]!, shape[2] === undefined ? undefined : Number(shape[2]));
  const out: string[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    if (line.startsWith('#')) out.push(line);
    else if (line.startsWith('@ ')) out.push(line, ...hand.act(line.slice(2)));
    else if (line.startsWith('$ ')) {
      const command = [line.slice(2)];
      const end = /<<-?\s*'?(\w+)/.exec(line)?.[1];
      while (end !== undefined && command[command.length - 1] !== end && index + 1 < lines.length) command.push(lines[++index]!);
      out.push(...hand.type(command.join('\n')));
    }
  }
  return `${out.join('\n').trimEnd()}\n`;
}

const bootMs = 30_000;
const stepMs = 500;
const patienceMs = 60_000;

/** Somebody at the first terminal of a cluster that has booted. */
class Hand {
  private readonly session: Session;
  private readonly terminal: string;
  private seen = 0;

  constructor(shape: string, nodes: number | undefined) {
    this.session = new Session({ shape, seed: 5, ...(nodes === undefined ? {} : { nodes }) });
    this.session.pass(bootMs);
    this.terminal = this.state.id;
  }

  private get state(): ReturnType<Session['frame']>['terminals'][number] {
    return this.session.frame().terminals[0]!;
  }

  type(line: string): readonly string[] {
    if (this.state.busy) throw new Error(`$ ${line}: the command before is still running`);
    this.session.send({ type: 'terminal.line', terminal: this.terminal, line });
    this.session.send({ type: 'pause' });
    return this.read();
  }

  act(action: string): readonly string[] {
    const [verb, ...rest] = action.split(' ');
    const text = rest.join(' ');
    if (verb === 'wait') this.session.pass(Number(text) * 1000);
    else if (verb === 'interrupt') this.session.send({ type: 'terminal.interrupt', terminal: this.terminal });
    else if (verb === 'edit') {
      const open = this.state.editor;
      if (open === undefined) throw new Error(`@ ${action}: no editor is open`);
      const [from = '', to = ''] = text.split(' => ');
      if (text !== 'cancel' && !open.text.includes(from)) throw new Error(`@ ${action}: the text is not there`);
      this.session.send({
        type: 'terminal.edited',
        terminal: this.terminal,
        text: text === 'cancel' ? undefined : open.text.replace(from, to),
      });
    } else throw new Error(`@ ${action} is not known`);
    return this.read();
  }

  /** What has been printed since the last time, once the command has ended, waits for an editor, or takes a minute. */
  private read(): readonly string[] {
    for (let waited = 0; waited < patienceMs; waited += stepMs) {
      this.session.pass(stepMs);
      if (!this.state.busy || this.state.editor !== undefined) break;
    }
    const { lines } = this.state;
    const fresh = lines.slice(this.seen).map((line) => line.text);
    this.seen = lines.length;
    return fresh;
  }
}
