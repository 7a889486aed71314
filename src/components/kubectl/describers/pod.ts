import { humanDuration } from '#api/resources/duration.ts';
import type { ApiPod } from '../pods.ts';
import { describeContainers } from './containers.ts';
import { annotationLines, longTime, pairsLines, tolerationLines } from './format.ts';
import { topologyLines } from './pod-template.ts';
import { describeVolumes } from './volumes.ts';

/** A pod, without its events (describe.go, describePod). */
export function describePod(pod: ApiPod, now: number): string {
  const { metadata, spec, status } = pod;
  const set = (label: string, value: string | undefined): string => (value === undefined || value === '' ? '' : `${label}:\t${value}\n`);
  const owner = metadata.ownerReferences?.find((reference) => reference.controller === true);
  return [
    `Name:\t${metadata.name}\nNamespace:\t${metadata.namespace ?? ''}\n`,
    spec?.priority === undefined ? '' : `Priority:\t${spec.priority}\n`,
    set('Priority Class Name', spec?.priorityClassName),
    set('Runtime Class Name', spec?.runtimeClassName),
    set('Service Account', spec?.serviceAccountName),
    spec?.nodeName === undefined || spec.nodeName === '' ? 'Node:\t<none>\n' : `Node:\t${spec.nodeName}/${status?.hostIP ?? ''}\n`,
    status?.startTime === undefined ? '' : `Start Time:\t${longTime(status.startTime)}\n`,
    pairsLines('Labels', metadata.labels),
    annotationLines('Annotations', metadata.annotations),
    statusLines(pod, now),
    set('Reason', status?.reason),
    set('Message', status?.message),
    seccomp(pod),
    `IP:\t${status?.podIP ?? ''}\n`,
    status?.podIPs === undefined || status.podIPs.length === 0
      ? 'IPs:\t<none>\n'
      : `IPs:\n${status.podIPs.map(({ ip }) => `  IP:\t${ip}\n`).join('')}`,
    owner === undefined ? '' : `Controlled By:\t${owner.kind}/${owner.name}\n`,
    set('NominatedNodeName', status?.nominatedNodeName),
    containers(pod),
    conditions(pod),
    describeVolumes(spec?.volumes, ''),
    set('QoS Class', status?.qosClass),
    pairsLines('Node-Selectors', spec?.nodeSelector),
    tolerationLines('Tolerations', spec?.tolerations),
    topologyLines('Topology Spread Constraints', spec?.topologySpreadConstraints),
  ].join('');
}

function statusLines({ metadata, status }: ApiPod, now: number): string {
  const finished = status?.phase === 'Failed' || status?.phase === 'Succeeded';
  if (metadata.deletionTimestamp === undefined || metadata.deletionTimestamp === null || finished)
    return `Status:\t${status?.phase ?? ''}\n`;
  const lasts = humanDuration(now - Date.parse(metadata.deletionTimestamp));
  return `Status:\tTerminating (lasts ${lasts})\nTermination Grace Period:\t${metadata.deletionGracePeriodSeconds ?? 0}s\n`;
}

function seccomp({ spec }: ApiPod): string {
  const profile = spec?.securityContext?.seccompProfile;
  if (profile === undefined) return '';
  return `SeccompProfile:\t${profile.type}\n${profile.type === 'Localhost' ? `LocalhostProfile:\t${profile.localhostProfile ?? ''}\n` : ''}`;
}

function containers(pod: ApiPod): string {
  const { spec, status } = pod;
  const initial = spec?.initContainers ?? [];
  return [
    initial.length === 0 ? '' : describeContainers('Init Containers', initial, status?.initContainerStatuses ?? [], '', pod),
    describeContainers('Containers', spec?.containers ?? [], status?.containerStatuses ?? [], '', pod),
  ].join('');
}

function conditions({ spec, status }: ApiPod): string {
  const gates = spec?.readinessGates ?? [];
  const list = status?.conditions ?? [];
  const gateText =
    gates.length === 0
      ? ''
      : `Readiness Gates:\n  Type\tStatus\n${gates.map(({ conditionType }) => `  ${conditionType} \t${list.find((item) => item.type === conditionType)?.status ?? '<none>'} \n`).join('')}`;
  if (list.length === 0) return gateText;
  return `${gateText}Conditions:\n  Type\tStatus\n${list.map(({ type, status: value }) => `  ${type} \t${value} \n`).join('')}`;
}
