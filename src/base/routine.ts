/**
 * Routines: straight-line code whose state is data. A routine is a generator function that yields requests and is sent
 * answers; what is kept of a running one is only the list of the answers it has had. To go on, it is run again from its
 * beginning with those answers, so it must be pure: the same answers lead to the same next request. That makes code which
 * asks several things one after the other (a controller's sync, a kubectl command, a pod worker) readable from top to
 * bottom and still possible to rewind, fork and compare.
 *
 * A live generator is kept aside for the newest state of each routine, so that going forward costs one resumption; it is
 * only a cache, and any state can be resumed without it.
 */
export type Routine<Request, Answer, Result> = () => Generator<Request, Result, Answer>;

/** Where a routine stands: waiting for the answer to `request`, or finished. */
export type Progress<Request, Answer, Result> =
  | { readonly done: false; readonly request: Request; readonly answers: readonly Answer[] }
  | { readonly done: true; readonly result: Result; readonly answers: readonly Answer[] };

const live = new Map<readonly unknown[], Generator<unknown, unknown, unknown>>();
/** How many waiting routines are kept alive; the others are run again. A plain bounded map is cheaper to collect than a weak one. */
const maxLive = 8192;

function settle<Request, Answer, Result>(
  generator: Generator<Request, Result, Answer>,
  step: IteratorResult<Request, Result>,
  answers: readonly Answer[],
): Progress<Request, Answer, Result> {
  if (step.done === true) return { done: true, result: step.value, answers };
  live.set(answers, generator);
  if (live.size > maxLive) {
    for (const oldest of live.keys()) {
      live.delete(oldest);
      break;
    }
  }
  return { done: false, request: step.value, answers };
}

/** Starts a routine: runs it to its first request. */
export function begin<Request, Answer, Result>(routine: Routine<Request, Answer, Result>): Progress<Request, Answer, Result> {
  const generator = routine();
  return settle(generator, generator.next(), []);
}

/**
 * Gives a waiting routine its answer and runs it to the next request or its end. `routine` must be built from the same
 * inputs as when it began. Errors that the routine throws pass through.
 */
export function resume<Request, Answer, Result>(
  routine: Routine<Request, Answer, Result>,
  answers: readonly Answer[],
  answer: Answer,
): Progress<Request, Answer, Result> {
  const next = [...answers, answer];
  const cached = live.get(answers) as Generator<Request, Result, Answer> | undefined;
  if (cached !== undefined) {
    live.delete(answers);
    return settle(cached, cached.next(answer), next);
  }
  const generator = routine();
  let step = generator.next();
  for (const earlier of next) {
    if (step.done === true) throw new Error('routine: it ended before all its recorded answers were given; it is not pure');
    step = generator.next(earlier);
  }
  return settle(generator, step, next);
}
