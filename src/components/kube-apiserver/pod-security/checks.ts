import type { Container, PodSpec, Probe, SecurityContext, SELinuxOptions, Volume } from '#api/types.generated.ts';

/** k8s.io/pod-security-admission/policy: what a pod may not ask for, in the newest version of each check; fields only, no alpha annotations. */

export type Level = 'privileged' | 'baseline' | 'restricted';

/** A violation: what it is called, and who does what. */
export interface Violation {
  readonly reason: string;
  readonly detail: string;
}
interface Pod {
  readonly spec: PodSpec;
  /** Init containers first, as upstream visits them. */
  readonly containers: readonly Container[];
}
type Check = (pod: Pod) => Violation | undefined;

const quote = (names: Iterable<string>): string => [...names].map((name) => JSON.stringify(name)).join(', ');
const sorted = (names: Iterable<string>): readonly string[] => [...new Set(names)].sort();
const plural = (word: string, count: number): string => (count === 1 ? word : `${word}s`);
const named = (containers: readonly Container[]): string =>
  `${plural('container', containers.length)} ${quote(containers.map((item) => item.name))}`;
const uses = (count: number): string => (count === 1 ? 'uses' : 'use');

/** Containers that something is wrong with. */
const badContainers = ({ containers }: Pod, bad: (context: SecurityContext, item: Container) => boolean): readonly Container[] =>
  containers.filter((item) => bad(item.securityContext ?? {}, item));

/** The pod itself and its containers, as those who set something. */
function setters(pod: boolean, containers: readonly Container[]): string {
  return [...(pod ? ['pod'] : []), ...(containers.length > 0 ? [named(containers)] : [])].join(' and ');
}

function found(bad: readonly unknown[] | string, reason: string, detail: () => string): Violation | undefined {
  return bad.length === 0 ? undefined : { reason, detail: detail() };
}

const isWindows = ({ spec }: Pod): boolean => spec.os?.name === 'windows';
/** Root in a user namespace of its own is nobody outside. */
const isRemapped = ({ spec }: Pod): boolean => spec.hostUsers === false;

// ── baseline ────────────────────────────────────────────────────────────────

/** A profile of the pod or a container that is none of the allowed ones. */
function profiles(pod: Pod, field: 'appArmorProfile' | 'seccompProfile'): { readonly who: string; readonly values: readonly string[] } {
  const wrong = (type: string | undefined): boolean => type !== undefined && type !== 'RuntimeDefault' && type !== 'Localhost';
  const own = pod.spec.securityContext?.[field]?.type;
  const bad = badContainers(pod, (context) => wrong(context[field]?.type));
  const values = sorted([...(wrong(own) ? [own!] : []), ...bad.map((item) => item.securityContext![field]!.type)]);
  return { who: setters(wrong(own), bad), values };
}

const appArmor: Check = (pod) => {
  const { who, values } = profiles(pod, 'appArmorProfile');
  return found(
    who,
    plural('forbidden AppArmor profile', values.length),
    () => `${who} must not set AppArmor profile type to ${quote(values)}`,
  );
};

const defaultCapabilities = new Set(
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(' '),
);

function addedBeyond(pod: Pod, allowed: ReadonlySet<string>): string | undefined {
  const beyond = (item: Container): readonly string[] =>
    (item.securityContext?.capabilities?.add ?? []).filter((name) => !allowed.has(name));
  const bad = pod.containers.filter((item) => beyond(item).length > 0);
  return bad.length === 0
    ? undefined
    : `${named(bad)} must not include ${quote(sorted(bad.flatMap(beyond)))} in securityContext.capabilities.add`;
}

const baselineCapabilities: Check = (pod) => {
  const detail = addedBeyond(pod, defaultCapabilities);
  return detail === undefined ? undefined : { reason: 'non-default capabilities', detail };
};

const hostNamespaces: Check = ({ spec }) => {
  const shared = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((name) => spec[name] === true).map((name) => `${name}=true`);
  return found(shared, 'host namespaces', () => shared.join(', '));
};

const hostPaths: Check = ({ spec }) => {
  const bad = (spec.volumes ?? []).filter((volume) => volume.hostPath !== undefined).map((volume) => volume.name);
  return found(bad, 'hostPath volumes', () => `${plural('volume', bad.length)} ${quote(bad)}`);
};

const hostPorts: Check = (pod) => {
  const ports = (item: Container): readonly string[] =>
    (item.ports ?? []).flatMap(({ hostPort = 0 }) => (hostPort === 0 ? [] : [String(hostPort)]));
  const bad = pod.containers.filter((item) => ports(item).length > 0);
  const all = sorted(bad.flatMap(ports));
  return found(bad, 'hostPort', () => `${named(bad)} ${uses(bad.length)} ${plural('hostPort', all.length)} ${all.join(', ')}`);
};

const hostProbes: Check = (pod) => {
  const hosts = (item: Container): readonly string[] => {
    const handlers: readonly (Pick<Probe, 'httpGet' | 'tcpSocket'> | undefined)[] = [
      item.livenessProbe,
      item.readinessProbe,
      item.startupProbe,
      item.lifecycle?.postStart,
      item.lifecycle?.preStop,
    ];
    return handlers
      .flatMap((handler) => [handler?.httpGet?.host, handler?.tcpSocket?.host])
      .filter((host): host is string => host !== undefined && host !== '');
  };
  const bad = pod.containers.filter((item) => hosts(item).length > 0);
  const all = sorted(bad.flatMap(hosts));
  return found(
    bad,
    'probe or lifecycle host',
    () => `${named(bad)} ${uses(bad.length)} ${plural('probe or lifecycle host', all.length)} ${quote(all)}`,
  );
};

const privileged: Check = (pod) => {
  const bad = badContainers(pod, (context) => context.privileged === true);
  return found(bad, 'privileged', () => `${named(bad)} must not set securityContext.privileged=true`);
};

const procMount: Check = (pod) => {
  const bad = isRemapped(pod) ? [] : badContainers(pod, ({ procMount: mount }) => mount !== undefined && mount !== 'Default');
  const values = sorted(bad.map((item) => item.securityContext!.procMount!));
  return found(bad, 'procMount', () => `${named(bad)} must not set securityContext.procMount to ${quote(values)}`);
};

const seLinuxTypes = new Set(['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t']);

const seLinux: Check = (pod) => {
  const wrong = (options: SELinuxOptions | undefined): boolean =>
    options !== undefined && (!seLinuxTypes.has(options.type ?? '') || (options.user ?? '') !== '' || (options.role ?? '') !== '');
  const own = pod.spec.securityContext?.seLinuxOptions;
  const bad = badContainers(pod, (context) => wrong(context.seLinuxOptions));
  const options = [...(wrong(own) ? [own!] : []), ...bad.map((item) => item.securityContext!.seLinuxOptions!)];
  const types = sorted(options.map((item) => item.type ?? '').filter((type) => !seLinuxTypes.has(type)));
  const data = [
    ...(types.length > 0 ? [`${plural('type', types.length)} ${quote(types)}`] : []),
    ...(options.some((item) => (item.user ?? '') !== '') ? ['user may not be set'] : []),
    ...(options.some((item) => (item.role ?? '') !== '') ? ['role may not be set'] : []),
  ];
  return found(
    options,
    'seLinuxOptions',
    () => `${setters(wrong(own), bad)} set forbidden securityContext.seLinuxOptions: ${data.join('; ')}`,
  );
};

const baselineSeccomp: Check = (pod) => {
  const { who, values } = profiles(pod, 'seccompProfile');
  return found(who, 'seccompProfile', () => `${who} must not set securityContext.seccompProfile.type to ${quote(values)}`);
};

const safeSysctls = new Set(
  (
    'kernel.shm_rmid_forced net.ipv4.ip_local_port_range net.ipv4.tcp_syncookies net.ipv4.ping_group_range net.ipv4.ip_unprivileged_port_start ' +
    'net.ipv4.ip_local_reserved_ports net.ipv4.tcp_keepalive_time net.ipv4.tcp_fin_timeout net.ipv4.tcp_keepalive_intvl net.ipv4.tcp_keepalive_probes ' +
    'net.ipv4.tcp_rmem net.ipv4.tcp_wmem'
  ).split(' '),
);

const sysctls: Check = ({ spec }) => {
  const bad = (spec.securityContext?.sysctls ?? []).map((item) => item.name).filter((name) => !safeSysctls.has(name));
  return found(bad, 'forbidden sysctls', () => bad.join(', '));
};

const windowsHostProcess: Check = (pod) => {
  const own = pod.spec.securityContext?.windowsOptions?.hostProcess === true;
  const who = setters(
    own,
    badContainers(pod, (context) => context.windowsOptions?.hostProcess === true),
  );
  return found(who, 'hostProcess', () => `${who} must not set securityContext.windowsOptions.hostProcess=true`);
};

// ── restricted ──────────────────────────────────────────────────────────────

const privilegeEscalation: Check = (pod) => {
  const bad = isWindows(pod) ? [] : badContainers(pod, (context) => context.allowPrivilegeEscalation !== false);
  return found(bad, 'allowPrivilegeEscalation != false', () => `${named(bad)} must set securityContext.allowPrivilegeEscalation=false`);
};

const restrictedCapabilities: Check = (pod) => {
  if (isWindows(pod)) return undefined;
  const keeping = badContainers(pod, ({ capabilities }) => capabilities?.drop?.includes('ALL') !== true);
  const adding = addedBeyond(pod, new Set(['NET_BIND_SERVICE']));
  const details = [
    ...(keeping.length > 0 ? [`${named(keeping)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(adding === undefined ? [] : [adding]),
  ];
  return found(details, 'unrestricted capabilities', () => details.join('; '));
};

const restrictedVolumes = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

const volumeTypes: Check = ({ spec }) => {
  const typeOf = (volume: Volume): string =>
    Object.keys(volume).find((key) => key !== 'name' && volume[key as keyof Volume] !== undefined) ?? 'unknown';
  const bad = (spec.volumes ?? []).filter((volume) => !restrictedVolumes.has(typeOf(volume)));
  const types = sorted(bad.map(typeOf));
  return found(
    bad,
    'restricted volume types',
    () =>
      `${plural('volume', bad.length)} ${quote(bad.map((item) => item.name))} ${uses(bad.length)} ${plural('restricted volume type', types.length)} ${quote(types)}`,
  );
};

const nonRoot: Check = (pod) => {
  if (isRemapped(pod)) return undefined;
  const reason = 'runAsNonRoot != true';
  const own = pod.spec.securityContext?.runAsNonRoot;
  const who = setters(
    own === false,
    badContainers(pod, (context) => context.runAsNonRoot === false),
  );
  if (who !== '') return { reason, detail: `${who} must not set securityContext.runAsNonRoot=false` };
  const silent = own === true ? [] : badContainers(pod, (context) => context.runAsNonRoot === undefined);
  return found(silent, reason, () => `pod or ${named(silent)} must set securityContext.runAsNonRoot=true`);
};

const runAsUser: Check = (pod) => {
  if (isRemapped(pod)) return undefined;
  const who = setters(
    pod.spec.securityContext?.runAsUser === 0,
    badContainers(pod, (context) => context.runAsUser === 0),
  );
  return found(who, 'runAsUser=0', () => `${who} must not set runAsUser=0`);
};

const restrictedSeccomp: Check = (pod) => {
  if (isWindows(pod)) return undefined;
  const explicit = baselineSeccomp(pod);
  if (explicit !== undefined) return explicit;
  const silent =
    pod.spec.securityContext?.seccompProfile !== undefined ? [] : badContainers(pod, (context) => context.seccompProfile === undefined);
  return found(
    silent,
    'seccompProfile',
    () => `pod or ${named(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  );
};

/** In the order of upstream's registry: each level by the names of its checks; a stricter check takes the place of its milder one. */
const checks: Readonly<Record<Level, readonly Check[]>> = {
  privileged: [],
  baseline: [
    appArmor,
    baselineCapabilities,
    hostNamespaces,
    hostPaths,
    hostPorts,
    hostProbes,
    privileged,
    procMount,
    seLinux,
    baselineSeccomp,
    sysctls,
    windowsHostProcess,
  ],
  restricted: [
    appArmor,
    hostNamespaces,
    hostPorts,
    hostProbes,
    privileged,
    procMount,
    seLinux,
    sysctls,
    windowsHostProcess,
    privilegeEscalation,
    restrictedCapabilities,
    volumeTypes,
    nonRoot,
    runAsUser,
    restrictedSeccomp,
  ],
};

/** What a pod does that a level forbids. */
export function violations(level: Level, spec: PodSpec): readonly Violation[] {
  const containers = [
    ...(spec.initContainers ?? []),
    ...(spec.containers ?? []),
    ...((spec.ephemeralContainers ?? []) as readonly Container[]),
  ];
  const pod: Pod = { spec, containers };
  return checks[level].flatMap((check) => check(pod) ?? []);
}
