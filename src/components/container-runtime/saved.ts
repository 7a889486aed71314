import type { Effect } from '#kernel/types.ts';
import { due } from './processes.ts';
import { processEffects } from './serving.ts';
import { nothing, type RuntimeEvent, type RuntimeResult, type RuntimeState } from './state.ts';

/** Where the runtime keeps what it knows of its containers; they go on while it is away (containerd's shims). */
const stateFile = '/run/containerd/state';

type Saved = Pick<RuntimeState, 'sandboxes' | 'containers' | 'volumes' | 'images' | 'network' | 'lastAddress' | 'next'>;

/** The effect that writes down what has changed; undefined where nothing has. */
export function saving(before: RuntimeState, after: RuntimeState): Effect | undefined {
  const { sandboxes, containers, volumes, images, network, lastAddress, next } = after;
  const same = before.sandboxes === sandboxes && before.containers === containers && before.volumes === volumes && before.images === images;
  if (same) return undefined;
  const content: Saved = { sandboxes, containers, volumes, images, network, lastAddress, next };
  return { type: 'write-file', path: stateFile, content };
}

/**
 * Takes its containers up again: programs go on, real processes are watched for their end. One that ended meanwhile is
 * started again.
 */
export function takeUp(state: RuntimeState, event: RuntimeEvent): RuntimeResult {
  const saved = event.disk.get(stateFile) as Saved | undefined;
  if (saved === undefined || state.input.hollow) return nothing(state);
  const context: RuntimeState = { ...state, ...saved };
  const effects: Effect[] = [];
  for (const [id, container] of context.containers) {
    if (container.status.state !== 'running') continue;
    if (container.binary !== undefined) effects.push(...processEffects(context, container));
    else if (container.running !== undefined) effects.push(due('turn', id, 0));
  }
  return { context, effects };
}
