import { lazy, Suspense, type JSX } from 'react';
import { useDialog, type DialogName } from '../stores/dialogs.ts';

/** What lies over the page is fetched when it is asked for. */
const dialogs: Readonly<Record<DialogName, ReturnType<typeof lazy>>> = {
  palette: lazy(() => import('../palette/palette.tsx')),
  help: lazy(() => import('../help/help.tsx')),
  share: lazy(() => import('../share/share.tsx')),
  sessions: lazy(() => import('../sessions/sessions.tsx')),
  manifests: lazy(() => import('../share/import.tsx')),
  gallery: lazy(() => import('../gallery/gallery.tsx')),
  log: lazy(() => import('../live/log.tsx')),
};

export function Dialogs(): JSX.Element | null {
  const open = useDialog((state) => state.open);
  if (open === undefined) return null;
  const Shown = dialogs[open];
  return (
    <Suspense fallback={null}>
      <Shown key={open} />
    </Suspense>
  );
}
