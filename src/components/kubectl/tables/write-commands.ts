import { flag, shared, type FlagSpec } from '../flags.ts';
import type { CommandSpec } from './spec.ts';
import { applyCommand } from '../commands/apply.ts';
import { viewLastApplied } from '../commands/apply-extra.ts';
import { createCommand } from '../commands/create.ts';
import { deleteCommand } from '../commands/delete.ts';
import { editCommand } from '../commands/edit.ts';
import { exposeCommand } from '../commands/expose.ts';
import { labelCommand } from '../commands/label.ts';
import { patchCommand } from '../commands/patch.ts';
import { replaceCommand } from '../commands/replace.ts';
import { runPod } from '../commands/run-pod.ts';
import { createCommands } from './create-commands.ts';

const { output, fileNames, dryRun, selector, fieldSelector, validate, fieldManager, allNamespaces, saveConfig, record, local } = shared;

const all: FlagSpec = flag.boolean('all');

const timeout = (standard: string): FlagSpec => flag.duration('timeout', standard);

const change: readonly FlagSpec[] = [...output, ...fileNames, ...dryRun, ...selector, ...fieldManager, ...record, ...local, all];

const wide = flag.boolean('overwrite');

/** Commands that make, change and remove objects. */
export const writeCommands: readonly CommandSpec[] = [
  {
    name: 'create',
    about: 'Make an object from a file or from flags',
    usage: '-f FILENAME',
    flags: [
      ...output,
      ...fileNames,
      ...selector,
      ...dryRun,
      ...validate,
      ...saveConfig,
      ...record,
      flag.string('field-manager', 'kubectl-create'),
      flag.string('raw'),
      flag.boolean('edit'),
    ],
    run: createCommand,
    commands: createCommands,
  },
  {
    name: 'apply',
    about: 'Make objects be as a file says',
    usage: '-f FILENAME',
    flags: [
      ...output,
      ...fileNames,
      ...selector,
      ...dryRun,
      ...validate,
      ...record,
      ...fieldManager,
      all,
      flag.boolean('server-side'),
      flag.boolean('force-conflicts'),
      flag.boolean('force'),
      flag.boolean('overwrite', 'true'),
      flag.boolean('prune'),
      flag.array('prune-allowlist'),
      flag.boolean('wait'),
      timeout('0s'),
      flag.integer('grace-period', '-1'),
      flag.string('cascade', 'background'),
    ],
    run: applyCommand,
    commands: [
      {
        name: 'view-last-applied',
        about: 'Show what was applied last',
        flags: [...output, ...fileNames, ...selector, all],
        run: viewLastApplied,
      },
    ],
  },
  {
    name: 'delete',
    about: 'Remove objects',
    usage: 'TYPE NAME',
    flags: [
      ...fileNames,
      ...selector,
      ...fieldSelector,
      ...allNamespaces,
      ...dryRun,
      all,
      { name: 'cascade', type: 'string', standard: 'background', bare: 'background' },
      flag.integer('grace-period', '-1'),
      flag.boolean('now'),
      flag.boolean('force'),
      flag.boolean('wait', 'true'),
      flag.boolean('ignore-not-found'),
      timeout('0s'),
      flag.string('output', undefined, 'o'),
      flag.string('raw'),
      flag.boolean('interactive', 'false', 'i'),
    ],
    run: deleteCommand,
  },
  {
    name: 'edit',
    about: 'Change an object in an editor',
    usage: 'TYPE NAME',
    flags: [...output, ...fileNames, ...validate, ...saveConfig, ...record, ...fieldManager, flag.string('subresource')],
    run: editCommand,
  },
  {
    name: 'replace',
    about: 'Put a file in the place of an object',
    usage: '-f FILENAME',
    flags: [
      ...output,
      ...fileNames,
      ...dryRun,
      ...validate,
      ...saveConfig,
      ...fieldManager,
      flag.boolean('force'),
      flag.integer('grace-period', '-1'),
      flag.string('cascade', 'background'),
      timeout('0s'),
      flag.string('subresource'),
      flag.boolean('wait'),
    ],
    run: replaceCommand,
  },
  {
    name: 'patch',
    about: 'Change some fields of an object',
    usage: 'TYPE NAME -p PATCH',
    flags: [
      ...output,
      ...fileNames,
      ...dryRun,
      ...record,
      ...local,
      ...fieldManager,
      flag.string('patch', undefined, 'p'),
      flag.string('patch-file'),
      flag.string('type', 'strategic'),
      flag.string('subresource'),
    ],
    run: patchCommand,
  },
  {
    name: 'run',
    about: 'Run an image in a pod',
    usage: 'NAME --image=IMAGE',
    flags: [
      ...output,
      ...dryRun,
      ...record,
      flag.string('field-manager', 'kubectl-run'),
      flag.string('image'),
      flag.list('labels', 'l'),
      flag.array('env'),
      flag.array('annotations'),
      flag.integer('port'),
      flag.boolean('expose'),
      flag.boolean('rm'),
      flag.string('restart', 'Always'),
      flag.string('overrides'),
      flag.string('override-type', 'merge'),
      flag.string('image-pull-policy'),
      flag.boolean('command'),
      flag.boolean('stdin', 'false', 'i'),
      flag.boolean('tty', 'false', 't'),
      flag.boolean('attach'),
      flag.boolean('quiet', 'false', 'q'),
      flag.boolean('leave-stdin-open'),
      flag.boolean('privileged'),
      flag.duration('pod-running-timeout', '1m0s'),
      flag.integer('grace-period', '-1'),
    ],
    run: runPod,
  },
  {
    name: 'expose',
    about: 'Give an object a service',
    usage: 'TYPE NAME --port=PORT',
    flags: [
      ...output,
      ...fileNames,
      ...dryRun,
      ...record,
      flag.array('selector'),
      flag.string('field-manager', 'kubectl-expose'),
      flag.string('port'),
      flag.string('target-port'),
      flag.string('type'),
      flag.string('name'),
      flag.string('protocol'),
      flag.string('labels', undefined, 'l'),
      flag.string('cluster-ip'),
      flag.string('external-ip'),
      flag.string('load-balancer-ip'),
      flag.string('session-affinity'),
    ],
    run: exposeCommand,
  },
  {
    name: 'label',
    about: 'Change labels',
    usage: 'TYPE NAME KEY=VALUE',
    flags: [...change, ...allNamespaces, ...fieldSelector, wide, flag.boolean('list'), flag.string('resource-version')],
    run: labelCommand('labels'),
  },
  {
    name: 'annotate',
    about: 'Change annotations',
    usage: 'TYPE NAME KEY=VALUE',
    flags: [...change, ...allNamespaces, ...fieldSelector, wide, flag.boolean('list'), flag.string('resource-version')],
    run: labelCommand('annotations'),
  },
];
