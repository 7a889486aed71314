import type { CSSProperties, JSX } from 'react';
import { port, useSession } from '../stores/session.ts';
import { useText } from '../text/index.ts';
import { branchPitch, leaves, rowsOf } from './branch-rows.ts';
import { clock } from './clock.ts';

/** The branches as a tree over the lanes, in the same scale of time: each leaves its parent where it began. */
export function Branches(): JSX.Element | null {
  const t = useText();
  const branches = useSession((state) => state.frame?.branches) ?? [];
  const current = useSession((state) => state.frame?.branch);
  const epoch = useSession((state) => state.frame?.epoch ?? 0);
  const head = useSession((state) => state.frame?.head.time ?? 1);
  if (branches.length < 2) return null;
  const shown = rowsOf(branches, current);
  const share = (time: number): number => Math.min(1, Math.max(0, (time - epoch) / Math.max(1, head - epoch)));
  return (
    <div className="branches" style={{ '--rows': shown.length, '--pitch': `${branchPitch}px` } as CSSProperties}>
      <span aria-hidden="true">{t('branches')}</span>
      <div role="group" aria-label={t('branches')}>
        {shown.map((branch, row) => {
          const left = leaves(branch, branches);
          const parent = shown.findIndex((item) => item.id === left);
          const [from, to] = [share(branch.forkedAt), share(branch.headTime)];
          const label = t('switchTo', { name: branch.name, at: clock(branch.forkedAt - epoch) });
          const style = { '--from': from, '--length': to - from, '--row': row, '--rise': parent < 0 ? 0 : row - parent } as CSSProperties;
          return (
            <button
              key={branch.id}
              type="button"
              style={style}
              aria-pressed={branch.id === current}
              aria-label={label}
              title={label}
              onClick={() => port.send({ type: 'branch', branch: branch.id })}
            >
              <i />
            </button>
          );
        })}
      </div>
    </div>
  );
}
