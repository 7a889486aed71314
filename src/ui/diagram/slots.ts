import type { PodSummary } from '#session/port.ts';

/** World units. A pod has a slot of its own size, whatever is written in it. */
const gap = 6;
const slotHeight = 38;
const wideHost = 600;
/** What a host's box has beside the slots: its frame, and above them its name and its parts. */
const frame = { across: 26, above: 78 } as const;
/** How many slots fit in a host's box, and how many in each row. */
export function slotsIn(width: number, height: number): { readonly columns: number; readonly slots: number } {
  const slotWidth = width > wideHost ? 160 : 104;
  const columns = Math.max(1, Math.floor((width - frame.across + gap) / (slotWidth + gap)));
  const rows = Math.max(1, Math.floor((height - frame.above + gap) / (slotHeight + gap)));
  return { columns, slots: columns * rows };
}

/** A pod's state in one word: what it is coloured and counted by. */
export type PodState = 'running' | 'pending' | 'failed' | 'ended' | 'leaving';

export function stateOf({ status, phase, ready }: Pick<PodSummary, 'status' | 'phase' | 'ready'>): PodState {
  if (status === 'Terminating') return 'leaving';
  if (/BackOff|Err|Error|Failed|OOM|Evicted|Unknown|Invalid/.test(status)) return 'failed';
  if (phase === 'Succeeded') return 'ended';
  return phase === 'Running' && (ready || status === 'Running') ? 'running' : 'pending';
}

/** Whether two summaries of a pod are drawn alike. */
export function samePod(a: PodSummary, b: PodSummary): boolean {
  return (
    a === b ||
    (a.uid === b.uid &&
      a.status === b.status &&
      a.phase === b.phase &&
      a.ready === b.ready &&
      a.containers.every((container, index) => {
        const other = b.containers[index];
        return other?.state === container.state && other.ready === container.ready && other.restarts === container.restarts;
      }))
  );
}

/** How near one looks: from afar things are counts, in the middle names, near by what is inside of them. */
export type Level = 'far' | 'middle' | 'near';

const farBelow = 0.55;
const nearFrom = 1.35;

export function levelOf(zoom: number): Level {
  return zoom < farBelow ? 'far' : zoom < nearFrom ? 'middle' : 'near';
}
