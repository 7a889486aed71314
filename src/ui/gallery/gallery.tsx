import type { JSX } from 'react';
import { offer } from '../stores/offer.ts';
import { useText } from '../text/index.ts';
import { Dialog } from '../widgets/dialog.tsx';
import { galleries, manifestOf, type GalleryName } from './manifests.ts';
import './gallery.css';

/** Manifests to begin with; one that is chosen is shown before it is applied, as any other. */
export default function Gallery(): JSX.Element {
  const t = useText();
  const list = (names: readonly GalleryName[]): JSX.Element => (
    <div className="manifests">
      {names.map((name) => (
        <button key={name} type="button" onClick={() => void manifestOf(name).then(offer)}>
          <b>{t(`gallery_${name}`)}</b>
          <span>{t(`gallery_${name}_about`)}</span>
        </button>
      ))}
    </div>
  );
  return (
    <Dialog label={t('galleryTitle')}>
      <div className="content">
        {list(galleries.good)}
        <h2>{t('galleryBroken')}</h2>
        {list(galleries.broken)}
      </div>
    </Dialog>
  );
}
