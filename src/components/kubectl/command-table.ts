import type { Context } from './context.ts';
import type { Command } from './operations.ts';
import { flag, shared, type FlagSpec } from './flags.ts';
import { applyCommand } from './commands/apply.ts';
import { diffCommand, viewLastApplied } from './commands/apply-extra.ts';
import { autoscaleCommand } from './commands/autoscale.ts';
import { canI, whoAmI } from './commands/auth.ts';
import { apiResources, apiVersions, clusterInfo, pluginList, versionCommand } from './commands/cluster-commands.ts';
import { certificateCommand } from './commands/certificate.ts';
import { configActions, configCommand } from './commands/config.ts';
import { cpCommand } from './commands/cp.ts';
import { createCommand } from './commands/create.ts';
import { createCommands } from './create-table.ts';
import { deleteCommand } from './commands/delete.ts';
import { describeCommand } from './commands/describe.ts';
import { drainCommand } from './commands/drain.ts';
import { editCommand } from './commands/edit.ts';
import { eventsCommand } from './commands/events.ts';
import { execCommand, refuse } from './commands/exec.ts';
import { explainCommand } from './commands/explain.ts';
import { exposeCommand } from './commands/expose.ts';
import { getCommand } from './commands/get.ts';
import { labelCommand } from './commands/label.ts';
import { logsCommand } from './commands/logs.ts';
import { cordonCommand, taintCommand } from './commands/nodes.ts';
import { patchCommand } from './commands/patch.ts';
import { replaceCommand } from './commands/replace.ts';
import { attachCommand } from './commands/run-attach.ts';
import { portForwardCommand } from './commands/port-forward.ts';
import { rolloutChange, rolloutHistory, rolloutUndo } from './commands/rollout.ts';
import { rolloutStatus } from './commands/rollout-status.ts';
import { runPod } from './commands/run-pod.ts';
import { scaleCommand } from './commands/scale.ts';
import { setEnv, setImage, setResources, setServiceAccount } from './commands/set.ts';
import { setSelector, setSubject } from './commands/set-objects.ts';
import { topNodes, topPods } from './commands/top.ts';
import { waitCommand } from './commands/wait.ts';

/** One command, or a group of them. */
export interface CommandSpec {
  readonly name: string;
  readonly aliases?: readonly string[] | undefined;
  /** One line of help. */
  readonly about: string;
  /** The arguments, for the usage line. */
  readonly usage?: string | undefined;
  readonly flags?: readonly FlagSpec[] | undefined;
  /** It looks at no cluster, so that it does not matter which one the configuration means. */
  readonly offline?: boolean | undefined;
  readonly run?: ((context: Context) => Command<void>) | undefined;
  readonly commands?: readonly CommandSpec[] | undefined;
}

const { output, fileNames, dryRun, selector, fieldSelector, validate, fieldManager, allNamespaces, saveConfig, record, local } = shared;
const all: FlagSpec = flag.boolean('all');
const chunkSize = flag.string('chunk-size', '500');
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
  { name: 'selector', about: 'Change the selector of a service', usage: 'TYPE/NAME KEY=VALUE', flags: change, run: setSelector },
  {
    name: 'subject',
    about: 'Add subjects to a role binding',
    usage: 'TYPE/NAME --user=USER',
    flags: [...change, flag.array('user'), flag.array('group'), flag.array('serviceaccount')],
    run: setSubject,
  },
];

const contextFlags = [
  ...['current', 'minify', 'raw', 'flatten', 'no-headers', 'embed-certs'].map((name) => flag.boolean(name)),
  ...['certificate-authority', 'client-certificate', 'client-key'].map((name) => flag.string(name)),
  ...output,
];
const config: readonly CommandSpec[] = Object.entries(configActions).map(([name, about]) => ({
  name,
  about,
  flags: contextFlags,
  offline: true,
  run: configCommand(name as keyof typeof configActions),
}));
const topFlags: readonly FlagSpec[] = [
  ...selector,
  flag.string('sort-by'),
  flag.boolean('no-headers'),
  flag.boolean('use-protocol-buffers', 'true'),
];

/** Every command of kubectl that there is. */
export const commandTable: readonly CommandSpec[] = [
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
  { name: 'cordon', about: 'Keep new pods away from a node', usage: 'NODE', flags: [...dryRun, ...selector], run: cordonCommand(true) },
  { name: 'uncordon', about: 'Let new pods on a node again', usage: 'NODE', flags: [...dryRun, ...selector], run: cordonCommand(false) },
  {
    name: 'drain',
    about: 'Move all pods away from a node',
    usage: 'NODE',
    flags: [
      ...dryRun,
      ...selector,
      chunkSize,
      flag.boolean('ignore-daemonsets'),
      flag.boolean('delete-emptydir-data'),
      flag.boolean('force'),
      flag.integer('grace-period', '-1'),
      timeout('0s'),
      flag.boolean('disable-eviction'),
      flag.string('pod-selector'),
      flag.integer('skip-wait-for-delete-timeout'),
    ],
    run: drainCommand,
  },
  {
    name: 'taint',
    about: 'Put taints on nodes',
    usage: 'NODE NAME KEY=VALUE:EFFECT',
    flags: [...output, ...dryRun, ...selector, ...validate, ...fieldManager, all, wide],
    run: taintCommand,
  },
  {
    name: 'auth',
    about: 'Ask about permissions',
    commands: [
      {
        name: 'can-i',
        about: 'Ask whether something is allowed',
        usage: 'VERB TYPE',
        flags: [
          ...allNamespaces,
          flag.boolean('list'),
          flag.boolean('quiet', 'false', 'q'),
          flag.string('subresource'),
          flag.boolean('no-headers'),
        ],
        run: canI,
      },
      { name: 'whoami', about: 'Ask who one is', flags: output, run: whoAmI },
    ],
  },
  {
    name: 'api-resources',
    about: 'List the resources of the server',
    flags: [
      flag.string('output', undefined, 'o'),
      flag.boolean('namespaced', 'true'),
      flag.string('api-group'),
      flag.list('verbs'),
      flag.list('categories'),
      flag.string('sort-by'),
      flag.boolean('no-headers'),
      flag.boolean('cached'),
    ],
    run: apiResources,
  },
  { name: 'api-versions', about: 'List the API versions of the server', flags: [], run: apiVersions },
  { name: 'cluster-info', about: 'Say where the cluster is', flags: [], run: clusterInfo, commands: [] },
  {
    name: 'version',
    about: 'Show the versions of client and server',
    flags: [flag.string('output', undefined, 'o'), flag.boolean('client')],
    run: versionCommand,
  },
  {
    name: 'certificate',
    about: 'Decide about requests for certificates',
    commands: (['approve', 'deny'] as const).map((name) => ({
      name,
      about: name === 'approve' ? 'Approve a request' : 'Deny a request',
      usage: 'NAME',
      flags: [...output, ...fileNames, ...selector, flag.boolean('force')],
      run: certificateCommand(name),
    })),
  },
  {
    name: 'plugin',
    about: 'Look for plugins',
    commands: [{ name: 'list', about: 'List plugins', flags: [flag.boolean('name-only')], offline: true, run: pluginList }],
  },
  { name: 'config', about: 'Look at or change the configuration of this kubectl', commands: config },
  {
    name: 'top',
    about: 'Show what nodes and pods use',
    commands: [
      {
        name: 'node',
        aliases: ['nodes', 'no'],
        about: 'Show what nodes use',
        flags: [...topFlags, flag.boolean('show-capacity')],
        run: topNodes,
      },
      {
        name: 'pod',
        aliases: ['pods', 'po'],
        about: 'Show what pods use',
        flags: [...topFlags, ...allNamespaces, ...fieldSelector, flag.boolean('containers'), flag.boolean('sum')],
        run: topPods,
      },
    ],
  },
  {
    name: 'port-forward',
    about: 'Open a port of a pod on this computer',
    usage: 'POD PORT',
    flags: [flag.list('address'), flag.duration('pod-running-timeout', '1m0s')],
    run: portForwardCommand,
  },
  {
    name: 'attach',
    about: 'Join a running container',
    usage: 'POD',
    flags: [
      flag.string('container', undefined, 'c'),
      flag.boolean('stdin', 'false', 'i'),
      flag.boolean('tty', 'false', 't'),
      flag.boolean('quiet', 'false', 'q'),
      flag.duration('pod-running-timeout', '1m0s'),
    ],
    run: attachCommand,
  },
  {
    name: 'cp',
    about: 'Copy files to and from a container',
    usage: 'SOURCE TARGET',
    flags: [flag.string('container', undefined, 'c'), flag.boolean('no-preserve'), flag.integer('retries')],
    run: cpCommand,
  },
  {
    name: 'proxy',
    about: 'Serve the API on this computer',
    flags: [flag.integer('port', '8001', 'p')],
    run: refuse('error: proxy needs a real client: use kubectl get --raw here'),
  },
  {
    name: 'debug',
    about: 'Add a container to a running pod',
    usage: 'POD',
    flags: [flag.string('image'), flag.boolean('stdin', 'false', 'i'), flag.boolean('tty', 'false', 't'), flag.string('target')],
    run: refuse('error: debug is not part of this kubectl'),
  },
];
