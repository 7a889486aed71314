import type { Endpoints, EndpointSlice, Ingress, Service, IngressBackend } from '#api/types.generated.ts';
import type { KubeObject } from '#api/object.ts';
import { annotationLines, orNone, pairsLines } from './format.ts';

/** A service, without its events (describe.go, describeService). */
export function describeService({ metadata, spec, status }: Service & KubeObject, slices: readonly EndpointSlice[]): string {
  const set = (label: string, value: string | number | undefined): string =>
    value === undefined || value === '' ? '' : `${label}:\t${value}\n`;
  const ports = (spec?.ports ?? []).map((port) => {
    const name = port.name === undefined || port.name === '' ? '<unset>' : port.name;
    const node =
      port.nodePort === undefined || port.nodePort === 0 ? '' : `NodePort:\t${name}\t${port.nodePort}/${port.protocol ?? 'TCP'}\n`;
    return `Port:\t${name}\t${port.port}/${port.protocol ?? 'TCP'}\nTargetPort:\t${port.targetPort}/${port.protocol ?? 'TCP'}\n${node}Endpoints:\t${endpointsOf(slices, port.name ?? '')}\n`;
  });
  const balancer = (status?.loadBalancer?.ingress ?? []).map((item) => item.ip ?? item.hostname ?? '').join(', ');
  return [
    `Name:\t${metadata.name}\nNamespace:\t${metadata.namespace}\n`,
    pairsLines('Labels', metadata.labels),
    annotationLines('Annotations', metadata.annotations),
    `Selector:\t${orNone(
      Object.entries(spec?.selector ?? {})
        .map(([key, value]) => `${key}=${value}`)
        .sort()
        .join(','),
    )}\n`,
    `Type:\t${spec?.type ?? ''}\n`,
    set('IP Family Policy', spec?.ipFamilyPolicy),
    spec?.ipFamilies === undefined || spec.ipFamilies.length === 0
      ? 'IP Families:\t<none>\n'
      : `IP Families:\t${spec.ipFamilies.join(',')}\n`,
    `IP:\t${spec?.clusterIP ?? ''}\n`,
    spec?.clusterIPs === undefined || spec.clusterIPs.length === 0 ? 'IPs:\t<none>\n' : `IPs:\t${spec.clusterIPs.join(',')}\n`,
    spec?.externalIPs === undefined || spec.externalIPs.length === 0 ? '' : `External IPs:\t${spec.externalIPs.join(',')}\n`,
    set('Desired LoadBalancer IP', spec?.loadBalancerIP),
    set('External Name', spec?.externalName),
    set('LoadBalancer Ingress', balancer),
    ...ports,
    `Session Affinity:\t${spec?.sessionAffinity ?? ''}\n`,
    set('External Traffic Policy', spec?.externalTrafficPolicy),
    set('Internal Traffic Policy', spec?.internalTrafficPolicy),
    set('HealthCheck NodePort', spec?.healthCheckNodePort === 0 ? undefined : spec?.healthCheckNodePort),
  ].join('');
}

const shownEndpoints = 3;

/** Ready addresses of a port, from the slices. */
function endpointsOf(slices: readonly EndpointSlice[], portName: string): string {
  const list = slices.flatMap((slice) => {
    const ports = (slice.ports ?? []).filter((port) => (port.name ?? '') === portName);
    const ready = (slice.endpoints ?? []).filter((endpoint) => endpoint.conditions?.ready !== false);
    return ports.flatMap((port) =>
      ready.flatMap((endpoint) =>
        endpoint.addresses.map((address) => `${address.includes(':') ? `[${address}]` : address}:${port.port ?? ''}`),
      ),
    );
  });
  if (list.length === 0) return '';
  return list.slice(0, shownEndpoints).join(',') + (list.length > shownEndpoints ? ` + ${list.length - shownEndpoints} more...` : '');
}

/** describe.go, describeEndpoints. */
export function describeEndpoints({ metadata, subsets = [] }: Endpoints & KubeObject): string {
  const parts = subsets.map((subset) => {
    const list = (addresses: readonly { readonly ip: string }[] | undefined): string =>
      orNone((addresses ?? []).map((address) => address.ip).join(','));
    const ports = (subset.ports ?? []).map(
      (port) => `    ${port.name === undefined || port.name === '' ? '<unset>' : port.name}\t${port.port}\t${port.protocol ?? 'TCP'}\n`,
    );
    const table = ports.length === 0 ? '' : `  Ports:\n    Name\tPort\tProtocol\n    ----\t----\t--------\n${ports.join('')}`;
    return `  Addresses:\t${list(subset.addresses)}\n  NotReadyAddresses:\t${list(subset.notReadyAddresses)}\n${table}\n`;
  });
  return `Name:\t${metadata.name}\nNamespace:\t${metadata.namespace}\n${pairsLines('Labels', metadata.labels)}${annotationLines('Annotations', metadata.annotations)}Subsets:\n${parts.join('')}`;
}

/** describe.go, describeIngress. */
export function describeIngress({ metadata, spec, status }: Ingress & KubeObject): string {
  const backendText = (backend: IngressBackend | undefined): string =>
    backend?.service === undefined
      ? '<default>'
      : `${backend.service.name}:${backend.service.port?.number ?? backend.service.port?.name ?? ''}`;
  const rules = (spec?.rules ?? []).map(
    (rule) =>
      `  ${rule.host ?? '*'}\t\n${(rule.http?.paths ?? []).map((path) => `    \t${path.path ?? ''} \t${backendText(path.backend)} ()\n`).join('')}`,
  );
  const tls = (spec?.tls ?? []).map(
    (item) => `  ${item.secretName === undefined ? 'SNI routes' : `${item.secretName} terminates`} ${(item.hosts ?? []).join(',')}\n`,
  );
  return [
    `Name:\t${metadata.name}\n`,
    pairsLines('Labels', metadata.labels),
    `Namespace:\t${metadata.namespace}\nAddress:\t${(status?.loadBalancer?.ingress ?? []).map((item) => item.ip ?? item.hostname ?? '').join(',')}\n`,
    `Ingress Class:\t${orNone(spec?.ingressClassName)}\nDefault backend:\t${backendText(spec?.defaultBackend)}\n`,
    tls.length === 0 ? '' : `TLS:\n${tls.join('')}`,
    `Rules:\n  Host\tPath\tBackends\n  ----\t----\t--------\n${rules.join('')}`,
    annotationLines('Annotations', metadata.annotations),
  ].join('');
}
