import { useEffect, useRef, type JSX, type ReactNode } from 'react';
import { closeDialog } from '../stores/dialogs.ts';
import { useText } from '../text/index.ts';
import './dialog.css';

interface DialogProps {
  readonly label: string;
  /** Without a header it has no button that closes it: Escape and a click beside it do. */
  readonly bare?: boolean | undefined;
  readonly children: ReactNode;
}

/** A dialog over the page: the browser keeps the focus in it and gives it back. */
export function Dialog({ label, bare, children }: DialogProps): JSX.Element {
  const t = useText();
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const opener = document.activeElement as HTMLElement | null;
    element.current?.showModal();
    return () => opener?.focus();
  }, []);
  return (
    <dialog
      ref={element}
      className="dialog"
      aria-label={label}
      onCancel={closeDialog}
      onClose={closeDialog}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key !== 'Escape') return;
        event.preventDefault();
        closeDialog();
      }}
      onClick={(event) => event.target === element.current && closeDialog()}
    >
      <div className="inside">
        {bare === true ? null : (
          <header>
            <h2>{label}</h2>
            <button type="button" onClick={closeDialog}>
              {t('close')}
            </button>
          </header>
        )}
        {children}
      </div>
    </dialog>
  );
}
