import type { FromWorker, ToWorker } from '#session/worker.ts';
import type { Frame, Problem, SessionAnswers, SessionCommand, SessionPort, SessionQuery } from '#session/port.ts';

/** The session in its Web Worker, as the port that the page knows. */
export function openWorkerPort(): SessionPort {
  const worker = new Worker(new URL('../../session/worker.ts', import.meta.url), { type: 'module' });
  const frames = new Set<(frame: Frame) => void>();
  const problems = new Set<(problem: Problem) => void>();
  const asked = new Map<number, (answer: unknown) => void>();
  let frame: Partial<Frame> = {};
  let nextId = 1;
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
    if ('frame' in data) {
      frame = { ...frame, ...data.frame };
      for (const listener of frames) listener(frame as Frame);
    } else if ('answer' in data) {
      asked.get(data.id)?.(data.answer);
      asked.delete(data.id);
    } else for (const listener of problems) listener(data.problem);
  };
  const post = (message: ToWorker): void => worker.postMessage(message);
  return {
    send: (command: SessionCommand) => post({ command }),
    ask: <Q extends SessionQuery>(query: Q) =>
      new Promise<SessionAnswers[Q['type']]>((resolve) => {
        const id = nextId++;
        asked.set(id, resolve as (answer: unknown) => void);
        post({ ask: query, id });
      }),
    onFrame(listener) {
      frames.add(listener);
      return () => frames.delete(listener);
    },
    onProblem(listener) {
      problems.add(listener);
      return () => problems.delete(listener);
    },
  };
}
