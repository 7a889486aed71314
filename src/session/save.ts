import { createHistory, type RecordedInput } from '#kernel/history.ts';
import { isObject } from '#base/json.ts';
import type { Cluster } from '#cluster/types.ts';
import { Branch } from './branch.ts';
import type { ClusterChoice, Problem } from './port.ts';
import { isInput } from './saved-input.ts';
import { Timeline } from './timeline.ts';

/** What is kept of a run: which cluster, the inputs of each branch, and where the cursor was. Everything else follows. */
export interface SavedSession {
  readonly format: 'kube-orrery-session';
  readonly version: 1;
  readonly cluster: ClusterChoice;
  readonly branches: readonly {
    readonly id: string;
    readonly name: string;
    readonly parent: string | undefined;
    readonly forkedAt: number;
    readonly inputs: readonly RecordedInput[];
    readonly playedSeq: number;
    readonly playedTime: number;
  }[];
  readonly branch: string;
  readonly cursor: number;
}

/** A whole run saved with one of 200,000 inputs is not something a person made. */
const maxInputs = 200_000;
/** Nor is one of so many events, and to play it again would take minutes. */
const maxEvents = 20_000_000;

/** Checks something that claims to be a saved session; the problem names the place. */
export function readSaved(value: unknown): SavedSession | Problem {
  if (!isObject(value)) return bad('', 'not an object');
  if (value['format'] !== 'kube-orrery-session') return bad('format', 'not a saved session');
  if (value['version'] !== 1) return { code: 'save.version', values: { version: String(value['version']) } };
  const cluster = value['cluster'];
  if (!isObject(cluster) || typeof cluster['shape'] !== 'string' || typeof cluster['seed'] !== 'number')
    return bad('cluster', 'no shape and seed');
  const { branches, branch, cursor } = value;
  if (!Array.isArray(branches) || branches.length === 0) return bad('branches', 'not a list');
  if (typeof cursor !== 'number' || !Number.isFinite(cursor)) return bad('cursor', 'not a number');
  for (const [index, item] of (branches as readonly unknown[]).entries()) {
    const problem = checkBranch(item, `branches[${index}]`);
    if (problem !== undefined) return problem;
  }
  if (!branches.some((item) => isObject(item) && item['id'] === branch)) return bad('branch', 'no such branch');
  return value as unknown as SavedSession;
}

/** What is kept of a run. */
export function savedOf(cluster: ClusterChoice, branches: readonly Branch[], current: Branch): SavedSession {
  return {
    format: 'kube-orrery-session',
    version: 1,
    cluster,
    branches: branches.map(({ id, name, parent, forkedAt, history, playedSeq, playedTime }) => ({
      id,
      name,
      parent,
      forkedAt,
      inputs: history.inputs(),
      playedSeq,
      playedTime,
    })),
    branch: current.id,
    cursor: current.history.world.seq,
  };
}

/** Plays the branches of a saved session again; a problem where they are of another run than the one they claim to be of. */
export function replayBranches(saved: SavedSession, { world }: Cluster): readonly Branch[] | Problem {
  const branches: Branch[] = [];
  for (const { id, name, parent, forkedAt, inputs, playedSeq, playedTime } of saved.branches) {
    const history = createHistory(world);
    try {
      history.replay(inputs);
      history.advance({ untilTime: playedTime, maxEvents: Math.max(0, playedSeq - history.world.seq) });
      history.seek({ seq: playedSeq, time: playedTime });
    } catch (error) {
      return bad(`branch ${name}`, error instanceof Error ? error.message : String(error));
    }
    const branch = new Branch(id, name, parent, forkedAt, history, new Timeline(world.epochMs));
    branch.play();
    branches.push(branch);
  }
  return branches;
}

function checkBranch(item: unknown, place: string): Problem | undefined {
  if (!isObject(item) || typeof item['id'] !== 'string' || typeof item['name'] !== 'string') return bad(place, 'no id and name');
  const { inputs } = item;
  if (typeof item['playedSeq'] !== 'number' || typeof item['playedTime'] !== 'number') return bad(place, 'no position');
  if (!Array.isArray(inputs) || inputs.length > maxInputs) return bad(`${place}.inputs`, 'not a list, or too long');
  let last = 0;
  for (const [index, recorded] of (inputs as readonly unknown[]).entries()) {
    const where = `${place}.inputs[${index}]`;
    if (!isObject(recorded) || typeof recorded['seq'] !== 'number' || typeof recorded['at'] !== 'number') return bad(where, 'no position');
    if (recorded['seq'] < last) return bad(where, 'out of order');
    last = recorded['seq'];
    if (last > maxEvents) return bad(where, 'too many events');
    if (!isInput(recorded['input'])) return bad(where, 'unknown input');
  }
  return undefined;
}

function bad(place: string, reason: string): Problem {
  return { code: 'save.malformed', values: { place: place === '' ? 'file' : place, reason } };
}
