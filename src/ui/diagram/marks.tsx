import type { JSX } from 'react';
import type { FaultSummary } from '#session/port.ts';
import { useSession } from '../stores/session.ts';
import { useText } from '../text/index.ts';

type Text = ReturnType<typeof useText>;

/** A fault that is in force, in words. */
function wordsOf({ type, ms }: FaultSummary, t: Text): string {
  switch (type) {
    case 'isolated':
      return t('isIsolated');
    case 'slow-disk':
      return t('isSlowDisk', { ms });
    case 'full-disk':
      return t('isFullDisk');
    case 'clock':
      return t('isWrongClock', { seconds: `${ms > 0 ? '+' : '−'}${Math.abs(ms) / 1000}` });
  }
}

/** What is wrong with the disk and the clock of a process, in words. */
export function aboutFaults(
  subject: string,
  faults: readonly FaultSummary[],
  t: Text,
): { readonly disk: readonly string[]; readonly clock: readonly string[] } {
  const own = faults.filter((fault) => fault.subject === subject);
  return {
    disk: own.filter((fault) => fault.type.endsWith('-disk')).map((fault) => wordsOf(fault, t)),
    clock: own.filter((fault) => fault.type === 'clock').map((fault) => wordsOf(fault, t)),
  };
}

/** The faults in force of a host or a process, as labels. */
export function FaultMarks({ subject }: { readonly subject: string }): JSX.Element | null {
  const t = useText();
  const faults = useSession((state) => state.frame?.faults) ?? [];
  const own = faults.filter((fault) => fault.subject === subject);
  if (own.length === 0) return null;
  return (
    <>
      {own.map((fault) => (
        <span key={fault.type} className="fault-mark">
          {wordsOf(fault, t)}
        </span>
      ))}
    </>
  );
}
