import type { CommandSpec } from './command-table.ts';
import { flag, shared } from './flags.ts';
import { createConfigMap, createDockerSecret, createGenericSecret, createTlsSecret } from './commands/create-data.ts';
import { createCronJob, createJob } from './commands/create-jobs.ts';
import {
  createDeployment,
  createIngress,
  createNamespace,
  createPdb,
  createPriorityClass,
  createQuota,
  createService,
  createServiceAccount,
} from './commands/create-kinds.ts';
import { createBinding, createRole } from './commands/create-rbac.ts';
import { createToken } from './commands/token.ts';

const base = [...shared.output, ...shared.dryRun, ...shared.validate, ...shared.saveConfig, flag.string('field-manager', 'kubectl-create')];
const data = [
  ...base,
  flag.array('from-literal'),
  flag.array('from-file'),
  flag.array('from-env-file'),
  flag.boolean('append-hash'),
  flag.string('type'),
];
const ports = [...base, flag.list('tcp')];
const subjects = [
  ...base,
  flag.string('clusterrole'),
  flag.string('role'),
  flag.array('user'),
  flag.array('group'),
  flag.array('serviceaccount'),
];
const rules = [
  ...base,
  flag.list('verb'),
  flag.list('resource'),
  flag.array('resource-name'),
  flag.list('non-resource-url'),
  flag.list('aggregation-rule'),
];

const secrets: readonly CommandSpec[] = [
  {
    name: 'generic',
    about: 'Make a secret from texts or files',
    usage: 'NAME --from-literal=KEY=VALUE',
    flags: data,
    run: createGenericSecret,
  },
  {
    name: 'tls',
    about: 'Make a secret of a certificate and its key',
    usage: 'NAME --cert=FILE --key=FILE',
    flags: [...base, flag.string('cert'), flag.string('key')],
    run: createTlsSecret,
  },
  {
    name: 'docker-registry',
    about: 'Make a secret for a registry',
    usage: 'NAME',
    flags: [
      ...base,
      flag.string('docker-username'),
      flag.string('docker-password'),
      flag.string('docker-email'),
      flag.string('docker-server', 'https://index.docker.io/v1/'),
    ],
    run: createDockerSecret,
  },
];

const services: readonly CommandSpec[] = [
  {
    name: 'clusterip',
    about: 'Make a service inside the cluster',
    usage: 'NAME --tcp=PORT:TARGET',
    flags: [...ports, flag.string('clusterip')],
    run: createService('ClusterIP'),
  },
  {
    name: 'nodeport',
    about: 'Make a service on a port of each node',
    usage: 'NAME --tcp=PORT:TARGET',
    flags: [...ports, flag.integer('node-port')],
    run: createService('NodePort'),
  },
  {
    name: 'loadbalancer',
    about: 'Make a service with a load balancer',
    usage: 'NAME --tcp=PORT:TARGET',
    flags: ports,
    run: createService('LoadBalancer'),
  },
  {
    name: 'externalname',
    about: 'Make a service that is another name',
    usage: 'NAME --external-name=HOST',
    flags: [...ports, flag.string('external-name')],
    run: createService('ExternalName'),
  },
];

/** The commands of `kubectl create`. */
export const createCommands: readonly CommandSpec[] = [
  { name: 'namespace', aliases: ['ns'], about: 'Make a namespace', usage: 'NAME', flags: base, run: createNamespace },
  {
    name: 'deployment',
    aliases: ['deploy'],
    about: 'Make a deployment',
    usage: 'NAME --image=IMAGE',
    flags: [...base, flag.list('image'), flag.integer('replicas', '1', 'r'), flag.integer('port', '-1')],
    run: createDeployment,
  },
  {
    name: 'configmap',
    aliases: ['cm'],
    about: 'Make a config map',
    usage: 'NAME --from-literal=KEY=VALUE',
    flags: data,
    run: createConfigMap,
  },
  { name: 'secret', about: 'Make a secret', commands: secrets },
  { name: 'service', aliases: ['svc'], about: 'Make a service', commands: services },
  { name: 'serviceaccount', aliases: ['sa'], about: 'Make a service account', usage: 'NAME', flags: base, run: createServiceAccount },
  { name: 'role', about: 'Make a role', usage: 'NAME --verb=VERB --resource=TYPE', flags: rules, run: createRole('Role') },
  {
    name: 'clusterrole',
    about: 'Make a cluster role',
    usage: 'NAME --verb=VERB --resource=TYPE',
    flags: rules,
    run: createRole('ClusterRole'),
  },
  {
    name: 'rolebinding',
    about: 'Give a role to somebody',
    usage: 'NAME --role=ROLE --user=USER',
    flags: subjects,
    run: createBinding('RoleBinding'),
  },
  {
    name: 'clusterrolebinding',
    about: 'Give a cluster role to somebody',
    usage: 'NAME --clusterrole=ROLE --user=USER',
    flags: subjects,
    run: createBinding('ClusterRoleBinding'),
  },
  {
    name: 'quota',
    aliases: ['resourcequota'],
    about: 'Make a quota',
    usage: 'NAME --hard=pods=2',
    flags: [...base, flag.string('hard'), flag.string('scopes')],
    run: createQuota,
  },
  {
    name: 'job',
    about: 'Make a job',
    usage: 'NAME --image=IMAGE [-- COMMAND]',
    flags: [...base, flag.string('image'), flag.string('from')],
    run: createJob,
  },
  {
    name: 'cronjob',
    aliases: ['cj'],
    about: 'Make a cron job',
    usage: 'NAME --image=IMAGE --schedule=SCHEDULE',
    flags: [...base, flag.string('image'), flag.string('schedule'), flag.string('restart')],
    run: createCronJob,
  },
  {
    name: 'priorityclass',
    aliases: ['pc'],
    about: 'Make a priority class',
    usage: 'NAME --value=VALUE',
    flags: [
      ...base,
      flag.integer('value'),
      flag.string('description'),
      flag.boolean('global-default'),
      flag.string('preemption-policy', 'PreemptLowerPriority'),
    ],
    run: createPriorityClass,
  },
  {
    name: 'poddisruptionbudget',
    aliases: ['pdb'],
    about: 'Make a disruption budget',
    usage: 'NAME --selector=SELECTOR --min-available=COUNT',
    flags: [...base, ...shared.selector, flag.string('min-available'), flag.string('max-unavailable')],
    run: createPdb,
  },
  {
    name: 'ingress',
    aliases: ['ing'],
    about: 'Make an ingress',
    usage: 'NAME --rule=HOST/PATH=SERVICE:PORT',
    flags: [...base, flag.array('rule'), flag.string('class'), flag.string('default-backend'), flag.array('annotation')],
    run: createIngress,
  },
  {
    name: 'token',
    about: 'Ask for a token of a service account',
    usage: 'SERVICE_ACCOUNT',
    flags: [...base, flag.list('audience'), flag.duration('duration', '0s')],
    run: createToken,
  },
];
