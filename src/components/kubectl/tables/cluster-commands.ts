import { flag, shared, type FlagSpec } from '../flags.ts';
import type { CommandSpec } from './spec.ts';
import { canI, whoAmI } from '../commands/auth.ts';
import { apiResources, apiVersions, clusterInfo, configCommand, topCommand, versionCommand } from '../commands/cluster-commands.ts';
import { drainCommand } from '../commands/drain.ts';
import { refuse } from '../commands/exec.ts';
import { cordonCommand, taintCommand } from '../commands/nodes.ts';

const { output, dryRun, selector, validate, fieldManager, allNamespaces } = shared;

const all: FlagSpec = flag.boolean('all');

const chunkSize = flag.string('chunk-size', '500');

const timeout = (standard: string): FlagSpec => flag.duration('timeout', standard);

const wide = flag.boolean('overwrite');

const contextFlags = [flag.boolean('current'), flag.boolean('minify'), flag.boolean('raw'), ...output];

const config: readonly CommandSpec[] = (['view', 'current-context', 'get-contexts', 'set-context', 'use-context'] as const).map((name) => ({
  name,
  about: 'Look at or change the configuration of this kubectl',
  flags: contextFlags,
  run: configCommand(name),
}));

/** Commands about nodes, permissions and the cluster itself. */
export const clusterCommands: readonly CommandSpec[] = [
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
  { name: 'config', about: 'Look at or change the configuration of this kubectl', commands: config },
  {
    name: 'top',
    about: 'Show what nodes and pods use',
    commands: [
      { name: 'nodes', aliases: ['node', 'no'], about: 'Show what nodes use', flags: [...selector], run: topCommand },
      { name: 'pods', aliases: ['pod', 'po'], about: 'Show what pods use', flags: [...selector, ...allNamespaces], run: topCommand },
    ],
  },
  {
    name: 'port-forward',
    about: 'Open a port of a pod on this computer',
    usage: 'POD PORT',
    flags: [flag.list('address')],
    run: refuse('error: port-forward needs a real client: this terminal has no ports of its own'),
  },
  {
    name: 'attach',
    about: 'Join a running container',
    usage: 'POD',
    flags: [flag.string('container', undefined, 'c'), flag.boolean('stdin', 'false', 'i'), flag.boolean('tty', 'false', 't')],
    run: refuse('error: attach needs a real client: use kubectl logs -f or kubectl exec here'),
  },
  {
    name: 'cp',
    about: 'Copy files to and from a container',
    usage: 'SOURCE TARGET',
    flags: [flag.string('container', undefined, 'c')],
    run: refuse('error: cp needs a real client: use kubectl exec here'),
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
