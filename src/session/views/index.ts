import type { Branch } from '../branch.ts';
import type { ViewAnswers, ViewQuery } from '../view-port.ts';
import { activity } from './activity.ts';
import { audit } from './audit.ts';
import { caches } from './caches.ts';
import { compare } from './compare.ts';
import { ladder } from './ladder.ts';
import { queues, schedule } from './queues.ts';
import { whyField } from './why-field.ts';
import { whyNot } from './why-not.ts';

/** Answers what the views besides the diagram ask. */
export function answerView(query: ViewQuery, branch: Branch, branches: readonly Branch[]): ViewAnswers[keyof ViewAnswers] {
  switch (query.type) {
    case 'ladder':
      return ladder(branch, query);
    case 'compare':
      return compare(branches, query.branches, query.at);
    case 'caches':
      return caches(branch.history.world);
    case 'queues':
      return queues(branch.history.world);
    case 'schedule':
      return schedule(branch.history.world);
    case 'audit':
      return audit(branch, query);
    case 'activity':
      return activity(branch, query.buckets);
    case 'why-field':
      return whyField(branch, query.target, query.path);
    case 'why-not':
      return whyNot(branch.history.world, query.target);
  }
}
