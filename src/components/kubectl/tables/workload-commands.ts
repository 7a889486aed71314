import { flag, shared, type FlagSpec } from '../flags.ts';
import type { CommandSpec } from './spec.ts';
import { autoscaleCommand } from '../commands/autoscale.ts';
import { rolloutChange, rolloutHistory, rolloutUndo } from '../commands/rollout.ts';
import { rolloutStatus } from '../commands/rollout-status.ts';
import { scaleCommand } from '../commands/scale.ts';
import { setEnv, setImage, setResources, setServiceAccount } from '../commands/set.ts';

const { output, fileNames, dryRun, selector, fieldManager, record, local } = shared;

const all: FlagSpec = flag.boolean('all');

const timeout = (standard: string): FlagSpec => flag.duration('timeout', standard);

const change: readonly FlagSpec[] = [...output, ...fileNames, ...dryRun, ...selector, ...fieldManager, ...record, ...local, all];

const wide = flag.boolean('overwrite');

const rollout: readonly CommandSpec[] = [
  {
    name: 'status',
    about: 'Wait for a roll-out and say how far it is',
    flags: [...fileNames, ...selector, timeout('0s'), flag.boolean('watch', 'true', 'w'), flag.integer('revision')],
    run: rolloutStatus,
  },
  {
    name: 'history',
    about: 'List the revisions of a workload',
    flags: [...output, ...fileNames, ...selector, flag.integer('revision')],
    run: rolloutHistory,
  },
  { name: 'undo', about: 'Go back to an earlier revision', flags: [...change, flag.integer('to-revision')], run: rolloutUndo },
  { name: 'restart', about: 'Replace all pods of a workload', flags: change, run: rolloutChange('restarted') },
  { name: 'pause', about: 'Stop acting on changes of the template', flags: change, run: rolloutChange('paused') },
  { name: 'resume', about: 'Act on changes of the template again', flags: change, run: rolloutChange('resumed') },
];

const set: readonly CommandSpec[] = [
  { name: 'image', about: 'Change the image of containers', usage: 'TYPE/NAME CONTAINER=IMAGE', flags: change, run: setImage },
  {
    name: 'env',
    about: 'Change environment variables',
    usage: 'TYPE/NAME KEY=VALUE',
    flags: [...change, flag.string('containers', '*', 'c'), flag.boolean('list'), wide],
    run: setEnv,
  },
  {
    name: 'resources',
    about: 'Change requests and limits',
    usage: 'TYPE/NAME --requests=cpu=100m',
    flags: [...change, flag.list('limits'), flag.list('requests'), flag.string('containers', '*', 'c')],
    run: setResources,
  },
  { name: 'serviceaccount', aliases: ['sa'], about: 'Change the service account', flags: change, run: setServiceAccount },
];

/** Commands about workloads and their pods. */
export const workloadCommands: readonly CommandSpec[] = [
  {
    name: 'scale',
    about: 'Change the number of replicas',
    usage: 'TYPE NAME --replicas=COUNT',
    flags: [
      ...output,
      ...fileNames,
      ...dryRun,
      ...selector,
      ...record,
      all,
      flag.integer('replicas'),
      flag.integer('current-replicas', '-1'),
      flag.string('resource-version'),
      timeout('0s'),
    ],
    run: scaleCommand,
  },
  {
    name: 'autoscale',
    about: 'Let a controller choose the number of replicas',
    usage: 'TYPE NAME --max=COUNT',
    flags: [
      ...output,
      ...fileNames,
      ...dryRun,
      ...record,
      flag.integer('max', '-1'),
      flag.integer('min', '-1'),
      flag.integer('cpu-percent', '-1'),
      flag.string('name'),
      flag.string('field-manager', 'kubectl-autoscale'),
    ],
    run: autoscaleCommand,
  },
  { name: 'rollout', about: 'Manage the roll-out of a workload', commands: rollout },
  { name: 'set', about: 'Change parts of a pod template', commands: set },
];
