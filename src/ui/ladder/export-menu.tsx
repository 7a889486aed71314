import type { JSX } from 'react';
import type { GateMark, Rung } from '#session/view-port.ts';
import { port, useSession } from '../stores/session.ts';
import { useText } from '../text/index.ts';
import { download } from '../widgets/download.ts';
import { MenuButton } from '../widgets/menu-button.tsx';
import { toMermaid, toSvg, toTrace, type Drawn } from './exports.ts';

/** Browsers draw no larger pictures. */
const longestSide = 16_000;
const traceLimit = 200_000;

const colourOf = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** A picture that stands by itself, as pixels: twice as many as it is large, where that is allowed. */
async function toPng(svg: string): Promise<Blob | null> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const scale = Math.min(2, longestSide / Math.max(image.width, image.height));
  const canvas = document.createElement('canvas');
  canvas.width = image.width * scale;
  canvas.height = image.height * scale;
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}

/** The whole run with its background, for Perfetto. */
async function saveTrace(epoch: number): Promise<void> {
  const { rungs, gates } = await port.ask({ type: 'ladder', from: 0, chatter: true, limit: traceLimit });
  download('kube-orrery.trace.json', toTrace({ rungs, gates, epoch }), 'application/json');
}

/** What is drawn, as a file. */
export function Export({ rungs, gates }: { readonly rungs: readonly Rung[]; readonly gates: readonly GateMark[] }): JSX.Element {
  const t = useText();
  const epoch = useSession((state) => state.frame?.epoch ?? 0);
  const drawn: Drawn = { rungs, gates, epoch };
  const items = [
    { label: 'SVG', run: () => download('ladder.svg', toSvg(drawn, colourOf), 'image/svg+xml') },
    { label: 'PNG', run: () => void toPng(toSvg(drawn, colourOf)).then((png) => png && download('ladder.png', png)) },
    { label: 'Mermaid', run: () => download('ladder.mmd', toMermaid(drawn)) },
    { label: t('perfetto'), about: [t('perfettoAbout')], run: () => void saveTrace(epoch) },
  ];
  return (
    <MenuButton label={t('export')} groups={() => [{ items }]}>
      {t('export')}
    </MenuButton>
  );
}
