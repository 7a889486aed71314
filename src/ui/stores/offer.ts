import { create } from 'zustand';
import { openDialog } from './dialogs.ts';
import { readManifests, type Manifests } from '../share/manifests.ts';

/** Manifests that somebody has dropped, pasted or opened, and that are not applied yet. */
export const useOffer = create<{ readonly found: Manifests | undefined }>(() => ({ found: undefined }));

/** Shows a text before it is applied; false where it holds no manifests. */
export function offer(text: string): boolean {
  const found = readManifests(text);
  if (found === undefined) return false;
  useOffer.setState({ found });
  openDialog('manifests');
  return true;
}
