import { useEffect, useRef, useState, type JSX, type KeyboardEvent } from 'react';
import { port, useSession } from '../stores/session.ts';
import { useText } from '../text/index.ts';

const suggestions = ['kubectl get po -n kube-system', 'kubectl create deployment web --image=nginx --replicas=3', 'kubectl get pods -o wide', 'kubectl get cs'];

/** The terminal: what was printed, and a line to type in. */
export function Terminal(): JSX.Element {
  const t = useText();
  const terminal = useSession((state) => state.frame?.terminals[0]);
  const inPast = useSession((state) => state.frame !== undefined && state.frame.seq < state.frame.head.seq);
  const [line, setLine] = useState('');
  const [recall, setRecall] = useState<number | undefined>();
  const [candidates, setCandidates] = useState<readonly string[]>([]);
  const end = useRef<HTMLDivElement>(null);
  const lines = terminal?.lines ?? [];
  useEffect(() => {
    const { current } = end;
    if (current !== null) current.scrollTop = current.scrollHeight;
  }, [lines]);
  const run = (text: string): void => {
    if (terminal === undefined) return;
    port.send({ type: 'terminal.line', terminal: terminal.id, line: text });
    setLine('');
    setRecall(undefined);
    setCandidates([]);
  };
  const complete = async (cursor: number): Promise<void> => {
    const answer = await port.ask({ type: 'complete', terminal: terminal!.id, line, cursor });
    const [only] = answer.candidates;
    if (answer.candidates.length === 1 && only !== undefined) setLine(`${line.slice(0, answer.replaceFrom)}${only} ${line.slice(cursor)}`);
    setCandidates(answer.candidates.length > 1 ? answer.candidates : []);
  };
  const keys = (event: KeyboardEvent<HTMLInputElement>): void => {
    const history = terminal?.history ?? [];
    if (event.key === 'Tab' && terminal !== undefined) {
      event.preventDefault();
      void complete(event.currentTarget.selectionStart ?? line.length);
    } else if (event.key === 'c' && event.ctrlKey && terminal !== undefined) port.send({ type: 'terminal.interrupt', terminal: terminal.id });
    else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      event.preventDefault();
      const next = Math.max(0, Math.min(history.length, (recall ?? history.length) + (event.key === 'ArrowUp' ? -1 : 1)));
      setRecall(next);
      setLine(history[next] ?? '');
    }
    event.stopPropagation();
  };
  return (
    <section className="panel terminal" aria-label={t('terminal')}>
      <header>
        {t('terminal')}
        {inPast ? <span style={{ color: 'var(--brass)', textTransform: 'none' }}>{t('inPast')}</span> : null}
      </header>
      <div className="body" ref={end} tabIndex={0}>
        {lines.length === 0 ? (
          <div className="hints">
            {t('typeCommand')}
            {suggestions.map((text) => (
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
      {candidates.length > 0 ? <div className="complete">{candidates.map((item) => <span key={item}>{item}</span>)}</div> : null}
      <form onSubmit={(event) => (event.preventDefault(), run(line))}>
        <label htmlFor="line">{terminal?.prompt ?? '$'}</label>
        <input id="line" value={line} onChange={(event) => setLine(event.target.value)} onKeyDown={keys} autoComplete="off" spellCheck={false} aria-label={t('terminal')} />
      </form>
    </section>
  );
}
