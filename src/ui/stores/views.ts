import { create } from 'zustand';
import { useSession } from './session.ts';

export const viewIds = ['topology', 'ladder', 'keyspace', 'caches', 'queues', 'schedule', 'audit', 'activity', 'compare'] as const;
export type ViewId = (typeof viewIds)[number];

interface Kept {
  /** What the main area shows, and what it shows beside that. */
  readonly main: ViewId;
  readonly beside: ViewId | undefined;
  /** The width of what is beside, in pixels; half of the room where it is not set. */
  readonly width: number | undefined;
  /** Whether what belongs to other stories than that of the cursor (or of the selected message) steps back. */
  readonly onlyStory: boolean;
}

interface Views extends Kept {
  change(part: Partial<Kept>): void;
}

const key = 'kube-orrery.views';
const known = (value: unknown): ViewId | undefined => viewIds.find((id) => id === value);

function stored(): Kept {
  let value: Readonly<Record<string, unknown>> = {};
  try {
    value = Object(JSON.parse(localStorage.getItem(key) ?? '{}'));
  } catch {
    // What cannot be read is as if nobody had chosen yet.
  }
  const main = known(value['main']) ?? 'topology';
  const beside = known(value['beside']);
  const width = Number.isFinite(value['width']) ? (value['width'] as number) : undefined;
  return { main, beside: beside === main ? undefined : beside, width, onlyStory: value['onlyStory'] === true };
}

/** Which views are open; remembered by this browser. */
export const useViews = create<Views>((set, get) => ({
  ...stored(),
  change(part) {
    set(part);
    const { main, beside, width, onlyStory } = get();
    localStorage.setItem(key, JSON.stringify({ main, beside, width, onlyStory }));
  },
}));

/** Back to what this browser remembers. */
export const restoreViews = (): void => useViews.setState(stored());

/** Shows a view in the main area; what was there takes its place beside where it was there already. */
export function showView(id: ViewId): void {
  const { main, beside, change } = useViews.getState();
  change(beside === id ? { main: id, beside: main } : { main: id });
}

/** The story that is told: that of the selected message, else that of the cursor, else of the last command before it; 0 where nothing was done yet. */
export function useStory(): number {
  return useSession(({ frame }) => {
    if (frame === undefined) return 0;
    if (frame.inspected?.type === 'packet') return frame.inspected.packet.story;
    if (frame.story !== 0) return frame.story;
    return frame.timeline.marks.findLast(({ type, seq }) => type === 'command' && seq <= frame.seq)?.seq ?? 0;
  });
}
