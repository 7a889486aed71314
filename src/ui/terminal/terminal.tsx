import { useEffect, useRef, useState, type JSX, type KeyboardEvent } from 'react';
import type { TerminalState } from '#session/port.ts';
import { PaneBorder } from '../app/panes.tsx';
import { port, useSession } from '../stores/session.ts';
import { openTerminal, shownTerminal, terminalName, useTerminals } from '../stores/terminals.ts';
import { useText } from '../text/index.ts';
import { MenuButton } from '../widgets/menu-button.tsx';
import { Tabs } from '../widgets/tabs.tsx';
import './terminal.css';

const admins = 'system:masters';
const suggestions = {
  admin: [
    'kubectl get po -n kube-system',
    'kubectl create deployment web --image=nginx --replicas=3',
    'kubectl get pods -o wide',
    'kubectl get cs',
  ],
  other: ['kubectl auth whoami', 'kubectl get pods', 'kubectl auth can-i --list'],
} as const;

/** The terminals: a tab for each, what was printed, and a line to type in. */
export function Terminal(): JSX.Element {
  const t = useText();
  const terminals = useSession((state) => state.frame?.terminals) ?? [];
  const inPast = useSession((state) => state.frame !== undefined && state.frame.seq < state.frame.head.seq);
  const shown = useTerminals((state) => state.shown);
  const terminal = shownTerminal(terminals, shown);
  return (
    <section className="panel terminal" aria-label={t('terminal')}>
      <PaneBorder pane="terminal" />
      <header>
        <Tabs
          label={t('terminal')}
          tabs={terminals.map((item) => ({ id: item.id, label: <TabLabel terminal={item} /> }))}
          chosen={terminal?.id ?? ''}
          choose={(id) => useTerminals.setState({ shown: id })}
        />
        <OpenTerminal />
      </header>
      {inPast ? <p className="in-past">{t('inPast')}</p> : null}
      {terminal === undefined ? <div className="body" /> : <Screen key={terminal.id} terminal={terminal} />}
    </section>
  );
}

function TabLabel({ terminal }: { readonly terminal: TerminalState }): JSX.Element {
  return (
    <>
      <span className={`dot ${terminal.busy ? 'busy' : 'good'}`} /> {terminalName(terminal)}
    </>
  );
}

/** One more terminal: as whom, a menu asks. */
function OpenTerminal(): JSX.Element {
  const t = useText();
  const users = useSession((state) => state.frame?.users) ?? [];
  const items = users.map(({ name, identity, groups }) => ({
    label: name,
    about: [`${identity} · ${groups.join(', ')}${groups.includes(admins) ? ` · ${t('mayDoAll')}` : ''}`],
    run: () => openTerminal(name),
  }));
  return (
    <MenuButton className="open-terminal" label={t('openTerminal')} groups={() => [{ title: t('openTerminal'), items }]}>
      +
    </MenuButton>
  );
}

/** One terminal: its transcript and its line. */
function Screen({ terminal }: { readonly terminal: TerminalState }): JSX.Element {
  const t = useText();
  const { id, lines } = terminal;
  const end = useRef<HTMLDivElement>(null);
  const admin = useSession((state) => state.frame?.users.find((user) => user.name === terminal.user)?.groups.includes(admins) ?? false);
  useEffect(() => {
    const { current } = end;
    if (current !== null) current.scrollTop = current.scrollHeight;
  }, [lines]);
  const run = (line: string): void => {
    port.send({ type: 'terminal.line', terminal: id, line });
    useTerminals.setState(({ drafts }) => ({ drafts: { ...drafts, [id]: '' } }));
  };
  return (
    <>
      <div className="body" ref={end} tabIndex={0}>
        {lines.length === 0 ? (
          <div className="hints">
            {t('typeCommand')}
            {suggestions[admin ? 'admin' : 'other'].map((text) => (
              <button key={text} type="button" onClick={() => run(text)}>
                {text}
              </button>
            ))}
          </div>
        ) : null}
        {lines.map((item, index) => (
          <pre key={index} className={item.stream}>
            {item.text === '' ? ' ' : item.text}
          </pre>
        ))}
      </div>
      <Line terminal={terminal} run={run} />
    </>
  );
}

/** The line that is typed: history by the arrow keys, completion by Tab. */
function Line({ terminal, run }: { readonly terminal: TerminalState; readonly run: (line: string) => void }): JSX.Element {
  const t = useText();
  const { id, history, prompt } = terminal;
  const line = useTerminals((state) => state.drafts[id] ?? '');
  const [recall, setRecall] = useState<number | undefined>();
  const [candidates, setCandidates] = useState<readonly string[]>([]);
  const setLine = (text: string): void => useTerminals.setState(({ drafts }) => ({ drafts: { ...drafts, [id]: text } }));
  const complete = async (cursor: number): Promise<void> => {
    const answer = await port.ask({ type: 'complete', terminal: id, line, cursor });
    const [only] = answer.candidates;
    if (answer.candidates.length === 1 && only !== undefined) setLine(`${line.slice(0, answer.replaceFrom)}${only} ${line.slice(cursor)}`);
    setCandidates(answer.candidates.length > 1 ? answer.candidates : []);
  };
  const keys = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.key === 'Tab' && !event.shiftKey && line !== '') {
      event.preventDefault();
      void complete(event.currentTarget.selectionStart ?? line.length);
    } else if (event.key === 'c' && event.ctrlKey) port.send({ type: 'terminal.interrupt', terminal: id });
    else if (event.key === 'd' && event.ctrlKey && line === '') {
      event.preventDefault();
      port.send({ type: 'terminal.end', terminal: id });
    } else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      event.preventDefault();
      const next = Math.max(0, Math.min(history.length, (recall ?? history.length) + (event.key === 'ArrowUp' ? -1 : 1)));
      setRecall(next);
      setLine(history[next] ?? '');
    }
    event.stopPropagation();
  };
  const submit = (): void => {
    run(line);
    setRecall(undefined);
    setCandidates([]);
  };
  return (
    <>
      {candidates.length > 0 ? (
        <div className="complete">
          {candidates.map((item) => (
            <span key={item}>{item}</span>
          ))}
        </div>
      ) : null}
      <form onSubmit={(event) => (event.preventDefault(), submit())}>
        <label htmlFor="line">{prompt}</label>
        <input
          id="line"
          value={line}
          onChange={(event) => setLine(event.target.value)}
          onKeyDown={keys}
          autoComplete="off"
          spellCheck={false}
          aria-label={`${t('terminal')}: ${terminalName(terminal)}`}
        />
      </form>
    </>
  );
}
