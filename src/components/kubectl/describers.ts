import { late } from '#base/late.ts';
import type { describeTarget } from './describers/index.ts';
import type { describeTemplate } from './describers/pod-template.ts';

/** What `kubectl describe` says of objects. It comes late: hands ask for it, a cluster boots without them. */
export const describers = late<{ readonly describeTarget: typeof describeTarget; readonly describeTemplate: typeof describeTemplate }>(
  'the describers of kubectl',
);
