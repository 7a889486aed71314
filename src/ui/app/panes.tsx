import { useEffect, useState, type CSSProperties, type JSX } from 'react';
import { useSession } from '../stores/session.ts';
import { useSettings, type Sizes } from '../stores/settings.ts';
import { useText, type TextKey } from '../text/index.ts';
import { branchPitch, branchRows } from '../timeline/branch-rows.ts';
import { Splitter } from '../widgets/splitter.tsx';

type Pane = keyof Sizes;

interface Rule {
  readonly label: TextKey;
  readonly axis: 'x' | 'y';
  /** As the window suggests, and what it allows; all in pixels. */
  readonly fit: (width: number, height: number) => { readonly size: number; readonly limits: readonly [number, number] };
}

const rules: Readonly<Record<Pane, Rule>> = {
  side: {
    label: 'resizeSide',
    axis: 'x',
    fit: (width) => ({ size: Math.max(360, Math.min(620, width * 0.3)), limits: [280, Math.max(280, width * 0.6)] }),
  },
  terminal: {
    label: 'resizeTerminal',
    axis: 'y',
    fit: (_, height) => ({ size: Math.max(170, height * 0.3), limits: [110, Math.max(110, height * 0.65)] }),
  },
  time: {
    label: 'resizeTime',
    axis: 'y',
    fit: (_, height) => ({ size: Math.max(130, Math.min(180, height * 0.15)), limits: [84, Math.max(84, height * 0.5)] }),
  },
};

function useWindow(): readonly [width: number, height: number] {
  const [size, setSize] = useState<readonly [number, number]>([window.innerWidth, window.innerHeight]);
  useEffect(() => {
    const measure = (): void => setSize([window.innerWidth, window.innerHeight]);
    window.addEventListener('resize', measure);
    return () => window.removeEventListener('resize', measure);
  }, []);
  return size;
}

function usePane(pane: Pane): { readonly size: number; readonly limits: readonly [number, number] } {
  const [width, height] = useWindow();
  const chosen = useSettings((state) => state.sizes[pane]);
  const { size, limits } = rules[pane].fit(width, height);
  return { size: Math.round(Math.max(limits[0], Math.min(limits[1], chosen ?? size))), limits };
}

/** The sizes of all panes as custom properties of the page's grid; the timeline has room for its branches besides. */
export function usePaneSizes(): CSSProperties {
  const [side, terminal, time] = [usePane('side'), usePane('terminal'), usePane('time')];
  const rows = useSession((state) => branchRows(state.frame?.branches.length ?? 1));
  return {
    '--side': `${side.size}px`,
    '--terminal': `${terminal.size}px`,
    '--time': `${time.size + rows * branchPitch}px`,
  } as CSSProperties;
}

/** The border of a pane; where it was put is remembered. */
export function PaneBorder({ pane }: { readonly pane: Pane }): JSX.Element {
  const t = useText();
  const { size, limits } = usePane(pane);
  const set = (next: number | undefined): void => {
    const { sizes, change } = useSettings.getState();
    change({ sizes: { ...sizes, [pane]: next } });
  };
  const { label, axis } = rules[pane];
  return <Splitter label={t(label)} axis={axis} size={size} limits={limits} change={set} reset={() => set(undefined)} />;
}
