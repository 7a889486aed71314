import { flag, shared, type FlagSpec } from '../flags.ts';
import type { CommandSpec } from './spec.ts';
import { diffCommand } from '../commands/apply-extra.ts';
import { describeCommand } from '../commands/describe.ts';
import { eventsCommand } from '../commands/events.ts';
import { execCommand } from '../commands/exec.ts';
import { explainCommand } from '../commands/explain.ts';
import { getCommand } from '../commands/get.ts';
import { logsCommand } from '../commands/logs.ts';
import { waitCommand } from '../commands/wait.ts';

const { output, fileNames, selector, fieldSelector, validate, fieldManager, allNamespaces, local } = shared;

const all: FlagSpec = flag.boolean('all');

const chunkSize = flag.string('chunk-size', '500');

const timeout = (standard: string): FlagSpec => flag.duration('timeout', standard);

/** Commands that look at objects. */
export const readCommands: readonly CommandSpec[] = [
  {
    name: 'get',
    about: 'Show objects',
    usage: 'TYPE [NAME]',
    flags: [
      ...output,
      ...fileNames,
      ...selector,
      ...fieldSelector,
      ...allNamespaces,
      chunkSize,
      flag.boolean('watch', 'false', 'w'),
      flag.boolean('watch-only'),
      flag.boolean('output-watch-events'),
      flag.string('sort-by'),
      flag.boolean('show-labels'),
      flag.list('label-columns', 'L'),
      flag.boolean('no-headers'),
      flag.boolean('show-kind'),
      flag.boolean('ignore-not-found'),
      flag.string('raw'),
      flag.string('subresource'),
      flag.boolean('server-print', 'true'),
    ],
    run: getCommand,
  },
  {
    name: 'describe',
    about: 'Tell all about an object, with its events',
    usage: 'TYPE [NAME]',
    flags: [...fileNames, ...selector, ...allNamespaces, chunkSize, flag.boolean('show-events', 'true')],
    run: describeCommand,
  },
  {
    name: 'wait',
    about: 'Wait for a condition',
    usage: 'TYPE/NAME --for=condition=Ready',
    flags: [...output, ...fileNames, ...selector, ...fieldSelector, ...allNamespaces, ...local, all, flag.string('for'), timeout('30s')],
    run: waitCommand,
  },
  {
    name: 'logs',
    about: 'Show what a container has printed',
    usage: 'POD',
    flags: [
      ...selector,
      flag.boolean('follow', 'false', 'f'),
      flag.boolean('previous', 'false', 'p'),
      flag.string('container', undefined, 'c'),
      flag.boolean('all-containers'),
      flag.boolean('all-pods'),
      flag.boolean('prefix'),
      flag.boolean('timestamps'),
      flag.integer('tail', '-1'),
      flag.duration('since', '0s'),
      flag.string('since-time'),
      flag.integer('limit-bytes'),
      flag.boolean('ignore-errors'),
      flag.integer('max-log-requests', '5'),
      flag.duration('pod-running-timeout', '20s'),
    ],
    run: logsCommand,
  },
  {
    name: 'exec',
    about: 'Run a program in a container',
    usage: 'POD -- COMMAND',
    flags: [
      ...fileNames,
      flag.string('container', undefined, 'c'),
      flag.boolean('stdin', 'false', 'i'),
      flag.boolean('tty', 'false', 't'),
      flag.boolean('quiet', 'false', 'q'),
      flag.duration('pod-running-timeout', '1m0s'),
    ],
    run: execCommand,
  },
  {
    name: 'events',
    about: 'Show events',
    flags: [
      ...output,
      ...allNamespaces,
      chunkSize,
      flag.string('for'),
      flag.list('types'),
      flag.boolean('watch', 'false', 'w'),
      flag.boolean('no-headers'),
    ],
    run: eventsCommand,
  },
  {
    name: 'explain',
    about: 'Show the fields of a kind',
    usage: 'TYPE',
    flags: [flag.boolean('recursive'), flag.string('api-version'), flag.string('output', 'plaintext', 'o')],
    run: explainCommand,
  },
  {
    name: 'diff',
    about: 'Show what apply would change',
    usage: '-f FILENAME',
    flags: [
      ...fileNames,
      ...selector,
      ...fieldManager,
      ...validate,
      flag.boolean('show-managed-fields'),
      flag.boolean('server-side'),
      flag.boolean('force-conflicts'),
      flag.boolean('prune'),
    ],
    run: diffCommand,
  },
];
