import { late } from '#base/late.ts';
import type { Branch } from '../branch.ts';
import type { ViewAnswers, ViewQuery } from '../view-port.ts';

/** Answers a view's question from a branch's cursor, beside all branches. */
export const viewAnswers =
  late<(query: ViewQuery, branch: Branch, branches: readonly Branch[]) => ViewAnswers[keyof ViewAnswers]>('session/late.ts');
