/** Revisions as text that sorts as numbers. */
export const revisionText = (revision: number): string => String(revision).padStart(12, '0');
