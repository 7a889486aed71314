import { create } from 'zustand';

/** What lies over the page. */
export type DialogName = 'palette' | 'help' | 'share' | 'sessions' | 'log' | 'manifests' | 'gallery';

/** The dialog that is open; one at most. */
export const useDialog = create<{ readonly open: DialogName | undefined }>(() => ({ open: undefined }));

export const openDialog = (open: DialogName): void => useDialog.setState({ open });
export const closeDialog = (): void => useDialog.setState({ open: undefined });
