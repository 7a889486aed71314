import type { Container, ContainerState, ContainerStatus, EnvVar, Probe } from '#api/types.generated.ts';
import type { ApiPod } from '../pods.ts';
import { parseQuantity } from '#api/quantity.ts';
import { capital, longTime, orNone } from './format.ts';

const at2 = '    ';
const at3 = '      ';

/** Containers of a pod (with statuses) or of a template (without). Models describe.go (describeContainers). */
export function describeContainers(
  label: string,
  containers: readonly Container[],
  statuses: readonly ContainerStatus[] | undefined,
  space: string,
  pod: ApiPod | undefined,
): string {
  if (containers.length === 0) return `${space}${label}:\t<none>\n`;
  return `${space}${label}:\n${containers
    .map((container) =>
      one(
        container,
        statuses?.find((status) => status.name === container.name),
        space,
        pod,
      ),
    )
    .join('')}`;
}

function one(container: Container, status: ContainerStatus | undefined, space: string, pod: ApiPod | undefined): string {
  const ports = (container.ports ?? [])
    .map((port) => `${port.containerPort}/${port.protocol ?? 'TCP'}${port.name === undefined ? '' : ` (${port.name})`}`)
    .join(', ');
  const hostPorts = (container.ports ?? [])
    .map((port) => `${port.hostPort ?? 0}/${port.protocol ?? 'TCP'}${port.name === undefined ? '' : ` (${port.name})`}`)
    .join(', ');
  const title = (name: string, text: string): string => `${name}${text.includes(',') ? 's' : ''}:`;
  return [
    `  ${space === '' ? '' : ' '}${container.name}:\n`,
    status === undefined ? '' : `${at2}Container ID:\t${status.containerID ?? ''}\n`,
    `${at2}Image:\t${container.image ?? ''}\n`,
    status === undefined ? '' : `${at2}Image ID:\t${status.imageID}\n`,
    `${at2}${title('Port', ports)}\t${orNone(ports)}\n`,
    `${at2}${title('Host Port', hostPorts)}\t${orNone(hostPorts)}\n`,
    lines('Command', container.command),
    lines('Args', container.args),
    status === undefined ? '' : stateOf(status),
    resourceLines('Limits', container.resources?.limits),
    resourceLines('Requests', container.resources?.requests),
    probeLine('Liveness', container.livenessProbe),
    probeLine('Readiness', container.readinessProbe),
    probeLine('Startup', container.startupProbe),
    environmentSources(container),
    environment(container, pod),
    mounts(container),
  ].join('');
}

function lines(title: string, words: readonly string[] | undefined): string {
  if (words === undefined || words.length === 0) return '';
  return `${at2}${title}:\n${words
    .flatMap((word) => word.split('\n'))
    .map((line) => `${at3}${line}\n`)
    .join('')}`;
}

function stateOf(status: ContainerStatus): string {
  const last = status.lastState?.terminated === undefined ? '' : stateLines('Last State', status.lastState);
  return `${stateLines('State', status.state)}${last}${at2}Ready:\t${capital(status.ready)}\n${at2}Restart Count:\t${status.restartCount}\n`;
}

function stateLines(title: string, state: ContainerState | undefined): string {
  if (state?.running !== undefined) return `${at2}${title}:\tRunning\n${at3}Started:\t${longTime(state.running.startedAt)}\n`;
  if (state?.terminated !== undefined) {
    const { reason, message, exitCode, signal, startedAt, finishedAt } = state.terminated;
    return [
      `${at2}${title}:\tTerminated\n`,
      reason === undefined ? '' : `${at3}Reason:\t${reason}\n`,
      message === undefined ? '' : `${at3}Message:\t${message}\n`,
      `${at3}Exit Code:\t${exitCode}\n`,
      signal === undefined || signal === 0 ? '' : `${at3}Signal:\t${signal}\n`,
      `${at3}Started:\t${longTime(startedAt)}\n`,
      `${at3}Finished:\t${longTime(finishedAt)}\n`,
    ].join('');
  }
  const reason = state?.waiting?.reason;
  return `${at2}${title}:\tWaiting\n${reason === undefined || reason === '' ? '' : `${at3}Reason:\t${reason}\n`}`;
}

/** `Limits:` and `Requests:` with their resources. */
function resourceLines(title: string, resources: Readonly<Record<string, string | number>> | undefined): string {
  const names = Object.keys(resources ?? {}).sort();
  return names.length === 0 ? '' : `${at2}${title}:\n${names.map((name) => `${at3}${name}:\t${resources![name]!}\n`).join('')}`;
}

function probeLine(title: string, probe: Probe | undefined): string {
  return probe === undefined ? '' : `${at2}${title}:\t${probeText(probe)}\n`;
}

/** A probe in one line (describe.go, DescribeProbe). */
function probeText(probe: Probe): string {
  const { initialDelaySeconds = 0, timeoutSeconds = 1, periodSeconds = 10, successThreshold = 1, failureThreshold = 3 } = probe;
  const attributes = `delay=${initialDelaySeconds}s timeout=${timeoutSeconds}s period=${periodSeconds}s #success=${successThreshold} #failure=${failureThreshold}`;
  if (probe.exec !== undefined) return `exec [${(probe.exec.command ?? []).join(' ')}] ${attributes}`;
  if (probe.httpGet !== undefined) {
    const { scheme = 'HTTP', host = '', port, path = '' } = probe.httpGet;
    return `http-get ${scheme.toLowerCase()}://${host}:${port}${path.startsWith('/') || path === '' ? path : `/${path}`} ${attributes}`;
  }
  if (probe.tcpSocket !== undefined) return `tcp-socket ${probe.tcpSocket.host ?? ''}:${probe.tcpSocket.port} ${attributes}`;
  if (probe.grpc !== undefined) return `grpc <pod>:${probe.grpc.port} ${probe.grpc.service ?? ''} ${attributes}`;
  return `unknown ${attributes}`;
}

function environmentSources({ envFrom }: Container): string {
  if (envFrom === undefined || envFrom.length === 0) return '';
  const entries = envFrom.map(({ configMapRef, secretRef, prefix }) => {
    const reference = configMapRef ?? secretRef;
    const kind = configMapRef === undefined ? 'Secret' : 'ConfigMap';
    const named = prefix === undefined || prefix === '' ? kind : `${kind} with prefix '${prefix}'`;
    return `${at3}${reference?.name ?? ''}\t${named}\tOptional: ${reference?.optional ?? false}\n`;
  });
  return `${at2}Environment Variables from:\n${entries.join('')}`;
}

function environment({ env, ...container }: Container, pod: ApiPod | undefined): string {
  if (env === undefined || env.length === 0) return `${at2}Environment:\t<none>\n`;
  return `${at2}Environment:\n${env.map((variable) => variableLine(variable, container as Container, pod)).join('')}`;
}

function variableLine({ name, value = '', valueFrom }: EnvVar, container: Container, pod: ApiPod | undefined): string {
  if (valueFrom?.fieldRef !== undefined) {
    const { fieldPath, apiVersion = 'v1' } = valueFrom.fieldRef;
    return `${at3}${name}:\t${fieldValue(pod, fieldPath)} (${apiVersion}:${fieldPath})\n`;
  }
  if (valueFrom?.resourceFieldRef !== undefined) {
    const { resource, divisor } = valueFrom.resourceFieldRef;
    return `${at3}${name}:\t${resourceValue(container, resource, divisor)} (${resource})\n`;
  }
  if (valueFrom?.secretKeyRef !== undefined) {
    const { key, name: secret, optional = false } = valueFrom.secretKeyRef;
    return `${at3}${name}:\t<set to the key '${key}' in secret '${secret ?? ''}'>\tOptional: ${optional}\n`;
  }
  if (valueFrom?.configMapKeyRef !== undefined) {
    const { key, name: map, optional = false } = valueFrom.configMapKeyRef;
    return `${at3}${name}:\t<set to the key '${key}' of config map '${map ?? ''}'>\tOptional: ${optional}\n`;
  }
  return value
    .split('\n')
    .map((line, index) => (index === 0 ? `${at3}${name}:\t${line}\n` : `${at3}\t${line}\n`))
    .join('');
}

/** Fields that can be read without the node (resolverFn). */
function fieldValue(pod: ApiPod | undefined, path: string): string {
  if (pod === undefined) return '';
  const key = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(path);
  if (key !== null) return (key[1] === 'labels' ? pod.metadata.labels : pod.metadata.annotations)?.[key[2]!] ?? '';
  const values: Readonly<Record<string, string | undefined>> = {
    'metadata.name': pod.metadata.name,
    'metadata.namespace': pod.metadata.namespace,
    'metadata.uid': pod.metadata.uid,
  };
  return values[path] ?? '';
}

function resourceValue({ resources }: Container, name: string, divisor: string | number | undefined): string {
  const [list = '', resource = ''] = name.split(/\.(.*)/);
  const quantity = (list === 'limits' ? resources?.limits : resources?.requests)?.[resource];
  if (quantity === undefined) return '0';
  const unit = divisor === undefined || String(divisor) === '0' ? 1 : parseQuantity(divisor);
  return String(Math.ceil(parseQuantity(quantity) / unit));
}

function mounts({ volumeMounts, volumeDevices }: Container): string {
  const devices = (volumeDevices ?? []).map((device) => `${at3}${device.devicePath} from ${device.name}\n`);
  const deviceLines = devices.length === 0 ? '' : `${at2}Devices:\n${devices.join('')}`;
  if (volumeMounts === undefined || volumeMounts.length === 0) return `${at2}Mounts:\t<none>\n${deviceLines}`;
  const entries = [...volumeMounts]
    .sort((a, b) => (a.mountPath < b.mountPath ? -1 : 1))
    .map(
      ({ mountPath, name, readOnly, subPath }) =>
        `${at3}${mountPath} from ${name} (${readOnly === true ? 'ro' : 'rw'}${subPath === undefined || subPath === '' ? '' : `,path=${JSON.stringify(subPath)}`})\n`,
    );
  return `${at2}Mounts:\n${entries.join('')}${deviceLines}`;
}
