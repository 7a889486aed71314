import { create } from 'zustand';
import { closeDialog } from './dialogs.ts';

interface PresenterStore {
  /** When the presentation began, in milliseconds; undefined where there is none. */
  readonly since: number | undefined;
  /** The second window, with the notes. */
  readonly notes: Window | undefined;
}

const none: PresenterStore = { since: undefined, notes: undefined };

/** The page in front of an audience: the picture and the words of the lesson alone, large; the notes are in a window of their own. */
export const usePresenter = create<PresenterStore>(() => none);

export function present(): void {
  closeDialog();
  usePresenter.setState(({ since = Date.now() }) => ({ since }));
}

export function stopPresenting(): void {
  usePresenter.getState().notes?.close();
  usePresenter.setState(none);
}

/** Opens the window of the notes, or brings it to the front; a browser may refuse. */
export function openNotes(): void {
  const { notes } = usePresenter.getState();
  if (notes !== undefined && !notes.closed) return notes.focus();
  usePresenter.setState({ notes: window.open('', '', 'popup,width=760,height=620') ?? undefined });
}

/** The window has been closed by hand. */
export const forgetNotes = (): void => usePresenter.setState({ notes: undefined });
