import type { DownwardAPIVolumeFile, KeyToPath, Volume } from '#api/types.generated.ts';
import type { Mount, VolumeFile } from '#protocol/cri.ts';
import { asPod, specOf } from './containers.ts';
import { ConfigError, fieldText, need, resourceText, type ReferencedKind, type Surroundings } from './environment.ts';

/** A volume of a pod whose files the kubelet writes. */
export interface Projection {
  readonly volume: string;
  readonly files: readonly VolumeFile[];
}
/** A volume that cannot be set up. */
export interface MountProblem {
  readonly volume: string;
  readonly message: string;
}

/** Which directory of the node a volume is: its pod's own, a claim's, or one of the host. */
function keyOf(uid: string, namespace: string, volume: Volume): string {
  if (volume.hostPath !== undefined) return `host/${volume.hostPath.path}`;
  if (volume.persistentVolumeClaim !== undefined) return `claim/${namespace}/${volume.persistentVolumeClaim.claimName}`;
  return `pod/${uid}/${volume.name}`;
}

/** The mounts of one container. */
export function mountsOf(around: Surroundings, container: string): readonly Mount[] {
  const { metadata } = around.pod;
  const volumes = asPod(around.pod).spec?.volumes ?? [];
  return (specOf(around.pod, container).volumeMounts ?? []).flatMap((mount) => {
    const volume = volumes.find((item) => item.name === mount.name);
    if (volume === undefined) return [];
    return [
      {
        containerPath: mount.mountPath,
        volume: keyOf(metadata.uid ?? '', metadata.namespace ?? '', volume),
        subPath: mount.subPath,
        readOnly: mount.readOnly === true,
      },
    ];
  });
}

/** Whether a pod mounts a token of its service account. */
export const needsToken = (around: Pick<Surroundings, 'pod'>): boolean =>
  (asPod(around.pod).spec?.volumes ?? []).some((volume) =>
    (volume.projected?.sources ?? []).some((source) => source.serviceAccountToken !== undefined),
  );

/** The files of every volume that is made from objects (pkg/volume/configmap, secret, downwardapi, projected). */
export function projectionsOf(
  around: Surroundings,
  token: string,
): { readonly ready: readonly Projection[]; readonly problems: readonly MountProblem[] } {
  const { metadata } = around.pod;
  const ready: Projection[] = [];
  const problems: MountProblem[] = [];
  for (const volume of asPod(around.pod).spec?.volumes ?? []) {
    try {
      const files = filesOf(around, volume, token);
      if (files !== undefined) ready.push({ volume: keyOf(metadata.uid ?? '', metadata.namespace ?? '', volume), files });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push({ volume: volume.name, message: `MountVolume.SetUp failed for volume "${volume.name}" : ${error.message}` });
    }
  }
  return { ready, problems };
}

function filesOf(around: Surroundings, volume: Volume, token: string): readonly VolumeFile[] | undefined {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap !== undefined) return keysOf(around, 'configmaps', configMap.name ?? '', configMap.optional, configMap.items);
  if (secret !== undefined) return keysOf(around, 'secrets', secret.secretName ?? '', secret.optional, secret.items);
  if (downwardAPI !== undefined) return (downwardAPI.items ?? []).map((item) => downward(around, item));
  if (projected === undefined) return undefined;
  return (projected.sources ?? []).flatMap((source): readonly VolumeFile[] => {
    if (source.configMap !== undefined)
      return keysOf(around, 'configmaps', source.configMap.name ?? '', source.configMap.optional, source.configMap.items);
    if (source.secret !== undefined)
      return keysOf(around, 'secrets', source.secret.name ?? '', source.secret.optional, source.secret.items);
    if (source.downwardAPI !== undefined) return (source.downwardAPI.items ?? []).map((item) => downward(around, item));
    return source.serviceAccountToken === undefined ? [] : [[source.serviceAccountToken.path, token]];
  });
}

function downward(around: Surroundings, item: DownwardAPIVolumeFile): VolumeFile {
  const text = item.fieldRef === undefined ? resourceText(around, item.resourceFieldRef!) : fieldText(around, item.fieldRef.fieldPath);
  return [item.path, text];
}

function keysOf(
  around: Surroundings,
  kind: ReferencedKind,
  name: string,
  optional: boolean | undefined,
  items: readonly KeyToPath[] | undefined,
): readonly VolumeFile[] {
  const data = need(around.find, kind, name, optional === true) ?? {};
  if (items === undefined)
    return Object.keys(data)
      .sort()
      .map((key) => [key, data[key]!]);
  return items.flatMap(({ key, path }): readonly VolumeFile[] => {
    const text = data[key];
    if (text !== undefined) return [[path, text]];
    if (optional === true) return [];
    throw new ConfigError(`references non-existent ${kind === 'configmaps' ? 'config' : 'secret'} key: ${key}`);
  });
}

/** `/etc/hosts` and `/etc/resolv.conf` of a container (pkg/kubelet/kubelet_pods.go ensureHostsFile, pkg/kubelet/network/dns). */
export function networkFiles(
  { pod, podIp }: Surroundings,
  dns: { readonly server: string; readonly domain: string },
): readonly VolumeFile[] {
  const { spec } = asPod(pod);
  const { name, namespace = '' } = pod.metadata;
  const aliases = (spec?.hostAliases ?? []).map((item) => `${item.ip}\t${(item.hostnames ?? []).join('\t')}`);
  const hosts = [
    '# Kubernetes-managed hosts file.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::0\tip6-localnet',
    'fe00::0\tip6-mcastprefix',
    'fe00::1\tip6-allnodes',
    'fe00::2\tip6-allrouters',
    `${podIp}\t${spec?.hostname ?? name}`,
    ...(aliases.length === 0 ? [] : ['', '# Entries added by HostAliases.', ...aliases]),
    '',
  ].join('\n');
  const policy = spec?.dnsPolicy ?? 'ClusterFirst';
  const cluster = policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && spec?.hostNetwork !== true);
  const domains = cluster ? [`${namespace}.svc.${dns.domain}`, `svc.${dns.domain}`, dns.domain] : [];
  const own = spec?.dnsConfig;
  const search = [...domains, ...(own?.searches ?? [])];
  const servers = [...(cluster ? [dns.server] : policy === 'None' ? [] : ['127.0.0.53']), ...(own?.nameservers ?? [])];
  const options = [
    ...(cluster ? ['ndots:5'] : []),
    ...(own?.options ?? []).map((item) => (item.value === undefined ? item.name! : `${item.name}:${item.value}`)),
  ];
  const resolver = [
    ...(search.length === 0 ? [] : [`search ${search.join(' ')}`]),
    ...servers.map((server) => `nameserver ${server}`),
    ...(options.length === 0 ? [] : [`options ${options.join(' ')}`]),
    '',
  ].join('\n');
  return [
    ['/etc/hosts', hosts],
    ['/etc/resolv.conf', resolver],
  ];
}
