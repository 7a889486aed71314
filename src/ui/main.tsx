import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.tsx';
import { isEmbedded } from './embed/place.ts';
import './app/theme.css';
import './app/layout.css';

const root = document.getElementById('root');
if (root === null) throw new Error('the page has no #root');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);

// The page is there without a network, too; where service workers are not allowed it is as it was.
if (import.meta.env.PROD && !isEmbedded && 'serviceWorker' in navigator) {
  navigator.serviceWorker.register('./sw.js').catch(() => undefined);
}
