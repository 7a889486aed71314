import type { Context } from './context.ts';
import { flag, shared, type FlagSpec } from './flags.ts';
import type { Command } from './operations.ts';
import { applyCommand } from './commands/apply.ts';
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
  rollout: { below: { status: { run: rolloutStatus, flags: [...files, boolean('watch', 'true', 'w'), integer('revision'), duration('timeout', '0')] } } },
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
