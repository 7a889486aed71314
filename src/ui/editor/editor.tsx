import { useEffect, useRef, type JSX } from 'react';
import type { EditorView } from '@codemirror/view';
import { port, useSession } from '../stores/session.ts';
import { useText } from '../text/index.ts';
import './editor.css';

/** What `kubectl edit` and `vi` open. The editor itself is fetched when it is needed. */
export function Editor(): JSX.Element | null {
  const t = useText();
  const terminal = useSession((state) => state.frame?.terminals.find((item) => item.editor !== undefined));
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const given = terminal?.editor?.text;
  const fileName = terminal?.editor?.fileName ?? '';
  const id = terminal?.id;
  const finish = (text: string | undefined): void => {
    if (id !== undefined) port.send({ type: 'terminal.edited', terminal: id, text });
  };
  const save = (): void => finish(view.current?.state.doc.toString());
  const latest = useRef(save);
  latest.current = save;
  useEffect(() => {
    const parent = place.current;
    if (given === undefined || parent === null) return;
    let closed = false;
    void import('./code.ts').then(({ openEditor }) => {
      if (!closed) view.current = openEditor(parent, given, fileName, () => latest.current());
    });
    return () => {
      closed = true;
      view.current?.destroy();
      view.current = undefined;
    };
  }, [given, fileName]);
  if (terminal === undefined) return null;
  return (
    <div className="editor" role="dialog" aria-label={fileName} onKeyDown={(event) => event.key === 'Escape' && finish(undefined)}>
      <header>
        <b>{fileName}</b>
        <button type="button" className="primary" onClick={save}>
          {t('editorSave')}
        </button>
        <button type="button" onClick={() => finish(undefined)}>
          {t('editorCancel')}
        </button>
      </header>
      <div className="code" ref={place} />
    </div>
  );
}
