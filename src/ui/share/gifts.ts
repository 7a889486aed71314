import { useEffect } from 'react';
import { isTyping } from '../widgets/keys.ts';
import { takeFile } from './files.ts';
import { offer } from '../stores/offer.ts';

/** A file that is dropped on the page is opened; manifests that are pasted where nobody types are offered. */
export function useGifts(): void {
  useEffect(() => {
    const over = (event: DragEvent): void => {
      if (event.dataTransfer?.types.includes('Files') === true) event.preventDefault();
    };
    const drop = (event: DragEvent): void => {
      const file = event.dataTransfer?.files[0];
      if (file === undefined) return;
      event.preventDefault();
      void file.text().then(takeFile);
    };
    const paste = (event: ClipboardEvent): void => {
      if (!isTyping(event.target) && offer(event.clipboardData?.getData('text/plain') ?? '')) event.preventDefault();
    };
    window.addEventListener('dragover', over);
    window.addEventListener('drop', drop);
    window.addEventListener('paste', paste);
    return () => {
      window.removeEventListener('dragover', over);
      window.removeEventListener('drop', drop);
      window.removeEventListener('paste', paste);
    };
  }, []);
}
