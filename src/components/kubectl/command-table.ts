import type { Context } from './context.ts';
import { flag, shared, type FlagSpec } from './flags.ts';
import type { Command } from './operations.ts';
import { applyCommand } from './commands/apply.ts';
import { canI } from './commands/auth.ts';
import { autoscaleCommand } from './commands/autoscale.ts';
import { apiResources, clusterInfo, configCommand, versionCommand } from './commands/cluster-commands.ts';
import { describeCommand } from './commands/describe.ts';
import { drainCommand } from './commands/drain.ts';
import { editCommand } from './commands/edit.ts';
import { eventsCommand } from './commands/events.ts';
import { execCommand, refuse } from './commands/exec.ts';
import { exposeCommand } from './commands/expose.ts';
import { logsCommand } from './commands/logs.ts';
import { cordonCommand, taintCommand } from './commands/nodes.ts';
import { rolloutChange, rolloutHistory, rolloutUndo } from './commands/rollout.ts';
import { createConfigMap, createDockerSecret, createGenericSecret, createTlsSecret } from './commands/create-data.ts';
import { createCronJob, createJob } from './commands/create-jobs.ts';
import { createDeployment, createIngress, createNamespace, createPdb, createPriorityClass, createQuota, createService, createServiceAccount } from './commands/create-kinds.ts';
import { createBinding, createRole } from './commands/create-rbac.ts';
import { createCommand } from './commands/create.ts';
import { deleteCommand } from './commands/delete.ts';
import { getCommand } from './commands/get.ts';
import { labelCommand } from './commands/label.ts';
import { patchCommand } from './commands/patch.ts';
import { replaceCommand } from './commands/replace.ts';
import { rolloutStatus } from './commands/rollout-status.ts';
import { runPod } from './commands/run-pod.ts';
import { scaleCommand } from './commands/scale.ts';
import { setEnv, setImage, setResources, setServiceAccount } from './commands/set.ts';
import { waitCommand } from './commands/wait.ts';

/** One command of kubectl: what it does, its flags, and the commands below it. */
export interface CommandEntry {
  readonly run?: ((context: Context) => Command<void>) | undefined;
  readonly flags?: readonly FlagSpec[] | undefined;
  readonly below?: Readonly<Record<string, CommandEntry>> | undefined;
}

const { string, boolean, integer, list, array, duration } = flag;
const write: readonly FlagSpec[] = [...shared.output, ...shared.dryRun, ...shared.validate, ...shared.fieldManager, ...shared.saveConfig, ...shared.record];
const files = [...shared.fileNames, ...shared.selector];
const targets = [...files, ...shared.fieldSelector, ...shared.allNamespaces, boolean('all')];

const created = (run: (context: Context) => Command<void>, ...flags: readonly FlagSpec[]): CommandEntry => ({ run, flags: [...write, ...flags] });
const data = [array('from-literal'), array('from-file'), array('from-env-file'), string('type'), boolean('append-hash')];
const serviceFlags = [array('tcp'), string('clusterip'), string('external-name'), integer('node-port')];
const bindingFlags = [string('clusterrole'), string('role'), array('user'), array('group'), array('serviceaccount')];
const roleFlags = [list('verb'), array('resource'), list('resource-name'), list('non-resource-url'), list('aggregation-rule')];

const create: CommandEntry = {
  run: createCommand,
  flags: [...write, ...files, string('raw'), boolean('edit')],
  below: {
    configmap: created(createConfigMap, ...data),
    secret: {
      below: {
        generic: created(createGenericSecret, ...data),
        tls: created(createTlsSecret, string('cert'), string('key'), ...data),
        'docker-registry': created(createDockerSecret, string('docker-email'), string('docker-password'), string('docker-server'), string('docker-username'), ...data),
      },
    },
    job: created(createJob, string('image'), string('from'), string('restart')),
    cronjob: created(createCronJob, string('image'), string('schedule'), string('restart')),
    namespace: created(createNamespace),
    serviceaccount: created(createServiceAccount),
    deployment: created(createDeployment, list('image'), integer('replicas', '1', 'r'), integer('port', '-1')),
    quota: created(createQuota, list('hard'), list('scopes')),
    priorityclass: created(createPriorityClass, integer('value'), boolean('global-default'), string('description'), string('preemption-policy')),
    poddisruptionbudget: created(createPdb, string('min-available'), string('max-unavailable'), array('selector')),
    ingress: created(createIngress, array('rule'), string('class'), string('default-backend'), array('annotation')),
    role: created(createRole('Role'), ...roleFlags),
    clusterrole: created(createRole('ClusterRole'), ...roleFlags),
    rolebinding: created(createBinding('RoleBinding'), ...bindingFlags),
    clusterrolebinding: created(createBinding('ClusterRoleBinding'), ...bindingFlags),
    service: {
      below: {
        clusterip: created(createService('ClusterIP'), ...serviceFlags),
        nodeport: created(createService('NodePort'), ...serviceFlags),
        loadbalancer: created(createService('LoadBalancer'), ...serviceFlags),
        externalname: created(createService('ExternalName'), ...serviceFlags),
      },
    },
  },
};

const setFlags = [...write, ...targets, ...shared.local, boolean('list'), string('containers', '*', 'c')];

/** The commands, by name. */
export const commandTable: Readonly<Record<string, CommandEntry>> = {
  get: {
    run: getCommand,
    flags: [
      ...shared.output, ...targets, boolean('ignore-not-found'), boolean('no-headers'), boolean('output-watch-events'), boolean('show-kind'), boolean('show-labels'),
      boolean('watch', 'false', 'w'), boolean('watch-only'), list('label-columns', 'L'), string('chunk-size', '500'), string('raw'), string('sort-by'), string('subresource'), boolean('server-print', 'true'),
    ],
  },
  create,
  apply: { run: applyCommand, flags: [...write, ...files, boolean('server-side'), boolean('force-conflicts'), boolean('all'), boolean('prune'), boolean('overwrite', 'true'), boolean('wait')] },
  delete: { run: deleteCommand, flags: [...write, ...targets, boolean('force'), boolean('ignore-not-found'), boolean('now'), boolean('wait', 'true'), duration('timeout', '0'), integer('grace-period', '-1'), { name: 'cascade', type: 'string', standard: 'background', bare: 'background' }, string('raw')] },
  replace: { run: replaceCommand, flags: [...write, ...files, boolean('force'), integer('grace-period', '-1'), boolean('wait')] },
  patch: { run: patchCommand, flags: [...write, ...files, ...shared.local, string('patch', undefined, 'p'), string('patch-file'), string('subresource'), string('type', 'strategic')] },
  label: { run: labelCommand('labels'), flags: [...write, ...targets, ...shared.local, boolean('overwrite'), boolean('list'), string('resource-version')] },
  annotate: { run: labelCommand('annotations'), flags: [...write, ...targets, ...shared.local, boolean('overwrite'), boolean('list'), string('resource-version')] },
  scale: { run: scaleCommand, flags: [...write, ...targets, integer('replicas', '0'), integer('current-replicas', '-1'), string('resource-version'), duration('timeout', '0')] },
  run: {
    run: runPod,
    flags: [
      ...write, string('image'), array('env'), list('labels', 'l'), integer('port', '0'), string('restart', 'Always'), string('image-pull-policy'), boolean('command'), boolean('expose'), boolean('attach'), boolean('rm'),
      boolean('stdin', 'false', 'i'), boolean('tty', 'false', 't'), boolean('leave-stdin-open'), boolean('privileged'), boolean('quiet', 'false', 'q'), array('annotations'), string('overrides'), string('override-type', 'merge'), duration('pod-running-timeout', '1m'),
    ],
  },
  describe: { run: describeCommand, flags: [...targets, boolean('show-events', 'true'), string('chunk-size', '500')] },
  edit: { run: editCommand, flags: [...write, ...files, string('subresource')] },
  expose: { run: exposeCommand, flags: [...write, ...files, string('cluster-ip'), string('external-ip'), string('labels', undefined, 'l'), string('load-balancer-ip'), string('name'), string('port'), string('protocol'), string('session-affinity'), string('target-port'), string('type'), array('selector')].filter((spec, index, all) => all.findLastIndex((other) => other.name === spec.name) === index) },
  logs: { run: logsCommand, flags: [...shared.selector, boolean('all-containers'), boolean('all-pods'), boolean('follow', 'false', 'f'), boolean('prefix'), boolean('previous', 'false', 'p'), boolean('timestamps'), integer('tail', '-1'), duration('since', '0'), string('since-time'), string('limit-bytes', '0'), string('container', undefined, 'c')] },
  events: { run: eventsCommand, flags: [...shared.output, ...shared.allNamespaces, boolean('no-headers'), boolean('watch', 'false', 'w'), list('types'), string('for'), string('chunk-size', '500')] },
  exec: { run: execCommand, flags: [boolean('stdin', 'false', 'i'), boolean('tty', 'false', 't'), string('container', undefined, 'c'), array('filename', 'f')] },
  'port-forward': { run: refuse('port-forward needs a network that reaches into the page; there is none') },
  top: { run: refuse('Metrics API not available') },
  autoscale: { run: autoscaleCommand, flags: [...write, ...files, integer('cpu-percent', '-1'), integer('max', '-1'), integer('min', '-1'), string('name')] },
  auth: { below: { 'can-i': { run: canI, flags: [...shared.allNamespaces, boolean('list'), boolean('quiet', 'false', 'q'), string('subresource')] } } },
  cordon: { run: cordonCommand(true), flags: [...shared.selector, ...shared.dryRun] },
  uncordon: { run: cordonCommand(false), flags: [...shared.selector, ...shared.dryRun] },
  taint: { run: taintCommand, flags: [...write, ...shared.selector, boolean('overwrite'), boolean('all')] },
  drain: { run: drainCommand, flags: [...shared.selector, ...shared.dryRun, boolean('delete-emptydir-data'), boolean('disable-eviction'), boolean('force'), boolean('ignore-daemonsets'), duration('timeout', '0'), integer('grace-period', '-1'), string('chunk-size', '500'), string('pod-selector')] },
  version: { run: versionCommand, flags: [...shared.output, boolean('client')] },
  'cluster-info': { run: clusterInfo },
  'api-resources': { run: apiResources, flags: [...shared.output, boolean('namespaced', 'true'), boolean('no-headers'), string('api-group'), list('categories'), list('verbs'), string('sort-by'), boolean('cached')] },
  config: { below: { view: { run: configCommand('view') }, 'current-context': { run: configCommand('current-context') }, 'get-contexts': { run: configCommand('get-contexts') } } },
  rollout: { below: { history: { run: rolloutHistory, flags: [...shared.output, ...files, integer('revision')] }, undo: { run: rolloutUndo, flags: [...shared.output, ...shared.dryRun, ...files, integer('to-revision')] }, restart: { run: rolloutChange('restarted'), flags: [...write, ...files] }, pause: { run: rolloutChange('paused'), flags: [...write, ...files] }, resume: { run: rolloutChange('resumed'), flags: [...write, ...files] }, status: { run: rolloutStatus, flags: [...files, boolean('watch', 'true', 'w'), integer('revision'), duration('timeout', '0')] } } },
  set: {
    below: {
      image: { run: setImage, flags: setFlags },
      env: { run: setEnv, flags: [...setFlags, array('env', 'e'), string('from'), string('prefix'), boolean('overwrite', 'true'), list('keys')] },
      resources: { run: setResources, flags: [...setFlags, string('limits'), string('requests')] },
      serviceaccount: { run: setServiceAccount, flags: setFlags },
    },
  },
  wait: { run: waitCommand, flags: [...shared.output, ...targets, ...shared.local, string('for'), duration('timeout', '30s')] },
};

/** Other names of commands below another. */
export const aliases: Readonly<Record<string, string>> = {
  cm: 'configmap', ns: 'namespace', sa: 'serviceaccount', deploy: 'deployment', dep: 'deployment', cj: 'cronjob', svc: 'service', pdb: 'poddisruptionbudget', pc: 'priorityclass', ing: 'ingress', resourcequota: 'quota', po: 'pods',
};
