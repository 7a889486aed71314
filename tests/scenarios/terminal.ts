import { Session } from '#session/session.ts';

interface Terminal {
  readonly session: Session;
  /** Types a line and gives it some time; what was printed. */
  type(line: string, ms?: number): string;
}

/** A booted cluster and a hand at its terminal. */
export function terminal(cluster: { readonly shape: string; readonly nodes?: number } = { shape: 'minikube' }): Terminal {
  const session = new Session({ ...cluster, seed: 11 });
  session.pass(30_000);
  return {
    session,
    type(line, ms = 8_000) {
      const before = session.frame().terminals[0]!.lines.length;
      session.send({ type: 'terminal.line', terminal: 'alice/terminal', line });
      session.send({ type: 'pause' });
      session.pass(ms);
      const lines = session.frame().terminals[0]!.lines.slice(before);
      return lines
        .filter((item) => item.stream !== 'in')
        .map((item) => item.text)
        .join('\n');
    },
  };
}

export const manifest = (text: string): string => `kubectl apply -f - <<'YAML'\n${text}\nYAML`;
