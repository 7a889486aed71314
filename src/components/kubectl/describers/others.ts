import type {
  ClusterRole,
  ConfigMap,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  PriorityClass,
  RoleBinding,
  Secret,
  ServiceAccount,
  StorageClass,
} from '#api/types.generated.ts';
import type { KubeObject } from '#api/object.ts';
import { formatLabelSelector, labelSelectorFromObject } from '#api/selectors.ts';
import { decodeBase64 } from '#base/base64.ts';
import { annotationLines, longTime, orUnset, pairsLines } from './format.ts';
import { describeSource } from './volumes.ts';

export const head = ({ metadata }: KubeObject, namespaced = true): string =>
  `Name:\t${metadata.name}\n${namespaced ? `Namespace:\t${metadata.namespace ?? ''}\n` : ''}${pairsLines('Labels', metadata.labels)}${annotationLines('Annotations', metadata.annotations)}`;

/** describe.go, describeConfigMap. */
export function describeConfigMap(map: ConfigMap & KubeObject): string {
  const data = Object.entries(map.data ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const binary = Object.entries(map.binaryData ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${head(map)}\nData\n====\n${data.map(([key, value]) => `${key}:\n----\n${value}\n\n`).join('')}\nBinaryData\n====\n${binary.map(([key, value]) => `${key}: ${byteCount(value)} bytes\n`).join('')}\n`;
}

const byteCount = (base64: string): number => Math.floor((base64.replace(/=+$/, '').length * 3) / 4);

/** describe.go, describeSecret: only sizes, but a service account's token in full. */
export function describeSecret(secret: Secret & KubeObject): string {
  const token = secret.type === 'kubernetes.io/service-account-token';
  const data = Object.entries(secret.data ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${head(secret)}\nType:\t${secret.type ?? ''}\n\nData\n====\n${data.map(([key, value]) => (token && key === 'token' ? `${key}:\t${decodeBase64(value)}\n` : `${key}:\t${byteCount(value)} bytes\n`)).join('')}`;
}

/** describe.go, describeServiceAccount. */
export function describeServiceAccount(account: ServiceAccount & KubeObject): string {
  const list = (title: string, names: readonly string[]): string =>
    names.length === 0 ? `${title}:\t<none>\n` : names.map((name, index) => `${index === 0 ? `${title}:` : ''}\t${name}\n`).join('');
  const secrets = (account.secrets ?? []).map((item) => item.name ?? '');
  const pulls = (account.imagePullSecrets ?? []).map((item) => item.name ?? '');
  return `${head(account)}${list('Image pull secrets', pulls)}${list('Mountable secrets', secrets)}${list('Tokens', [])}`;
}

const shortModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};
const modes = (list: readonly string[] | undefined): string => (list ?? []).map((mode) => shortModes[mode] ?? mode).join(',');
const finalizers = (list: readonly string[] | undefined): string => `Finalizers:\t[${(list ?? []).join(' ')}]\n`;

/** describe.go, describePVC; `pods` are those that mount it. */
export function describeClaim(claim: PersistentVolumeClaim & KubeObject, pods: readonly (Pod & KubeObject)[]): string {
  const { metadata, spec, status } = claim;
  const bound = spec?.volumeName !== undefined && spec.volumeName !== '';
  const users =
    pods.length === 0
      ? 'Used By:\t<none>\n'
      : pods.map((pod, index) => `${index === 0 ? 'Used By:' : ''}\t${pod.metadata.name}\n`).join('');
  const deleting = metadata.deletionTimestamp !== undefined && metadata.deletionTimestamp !== null;
  return [
    `Name:\t${metadata.name}\nNamespace:\t${metadata.namespace}\nStorageClass:\t${spec?.storageClassName ?? ''}\n`,
    deleting ? `Status:\tTerminating (lasts ${longTime(metadata.deletionTimestamp)})\n` : `Status:\t${status?.phase ?? ''}\n`,
    `Volume:\t${spec?.volumeName ?? ''}\n`,
    pairsLines('Labels', metadata.labels),
    annotationLines('Annotations', metadata.annotations),
    finalizers(metadata.finalizers),
    `Capacity:\t${bound ? (status?.capacity?.['storage'] ?? '') : ''}\nAccess Modes:\t${bound ? modes(status?.accessModes) : ''}\n`,
    spec?.volumeMode === undefined ? '' : `VolumeMode:\t${spec.volumeMode}\n`,
    users,
  ].join('');
}

/** describe.go, describePersistentVolume. */
export function describeVolume(volume: PersistentVolume & KubeObject): string {
  const { metadata, spec, status } = volume;
  const claim = spec?.claimRef;
  return [
    `Name:\t${metadata.name}\n`,
    pairsLines('Labels', metadata.labels),
    annotationLines('Annotations', metadata.annotations),
    finalizers(metadata.finalizers),
    `StorageClass:\t${spec?.storageClassName ?? ''}\nStatus:\t${status?.phase ?? ''}\n`,
    `Claim:\t${claim === undefined ? '' : `${claim.namespace ?? ''}/${claim.name ?? ''}`}\n`,
    `Reclaim Policy:\t${spec?.persistentVolumeReclaimPolicy ?? ''}\nAccess Modes:\t${modes(spec?.accessModes)}\n`,
    spec?.volumeMode === undefined ? '' : `VolumeMode:\t${spec.volumeMode}\n`,
    `Capacity:\t${spec?.capacity?.['storage'] ?? ''}\nNode Affinity:\t${spec?.nodeAffinity === undefined ? '<none>' : ''}\nMessage:\t${status?.message ?? ''}\nSource:\n`,
    describeSource(spec as unknown as Readonly<Record<string, unknown>>, '    '),
  ].join('');
}

/** describe.go, describeStorageClass. */
export function describeStorageClass(item: StorageClass & KubeObject): string {
  const parameters = Object.entries(item.parameters ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const standard = item.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true';
  return `Name:\t${item.metadata.name}\nIsDefaultClass:\t${standard ? 'Yes' : 'No'}\n${annotationLines('Annotations', item.metadata.annotations)}Provisioner:\t${item.provisioner}\nParameters:\t${parameters === '' ? '<none>' : parameters}\nAllowVolumeExpansion:\t${item.allowVolumeExpansion === undefined ? '<unset>' : item.allowVolumeExpansion ? 'True' : 'False'}\nMountOptions:\t<none>\nReclaimPolicy:\t${item.reclaimPolicy ?? ''}\nVolumeBindingMode:\t${orUnset(item.volumeBindingMode)}\n`;
}

/** describe.go, describeRole and describeClusterRole. */
export function describeRole(role: ClusterRole & KubeObject): string {
  const rows = (role.rules ?? []).flatMap((rule) => {
    const list = (values: readonly string[] | undefined): string => `[${(values ?? []).join(' ')}]`;
    const names =
      rule.resources === undefined
        ? ['']
        : rule.resources.flatMap((resource) => (rule.apiGroups ?? ['']).map((group) => (group === '' ? resource : `${resource}.${group}`)));
    return names.map(
      (name) => [name, `  ${name}\t${list(rule.nonResourceURLs)}\t${list(rule.resourceNames)}\t${list(rule.verbs)}\n`] as const,
    );
  });
  const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, text]) => text);
  return `${head(role, false)}PolicyRule:\n  Resources\tNon-Resource URLs\tResource Names\tVerbs\n  ---------\t-----------------\t--------------\t-----\n${sorted.join('')}`;
}

/** describe.go, describeRoleBinding and describeClusterRoleBinding. */
export function describeBinding(binding: RoleBinding & KubeObject): string {
  const rows = (binding.subjects ?? []).map((subject) => `  ${subject.kind}\t${subject.name}\t${subject.namespace ?? ''}\n`).join('');
  return `${head(binding, false)}Role:\n  Kind:\t${binding.roleRef.kind}\n  Name:\t${binding.roleRef.name}\nSubjects:\n  Kind\tName\tNamespace\n  ----\t----\t---------\n${rows}`;
}

/** describe.go, describePriorityClass. */
export function describePriorityClass(item: PriorityClass & KubeObject): string {
  return `Name:\t${item.metadata.name}\nValue:\t${item.value}\nGlobalDefault:\t${item.globalDefault ?? false}\nPreemptionPolicy:\t${item.preemptionPolicy ?? ''}\nDescription:\t${item.description ?? ''}\n${annotationLines('Annotations', item.metadata.annotations)}`;
}

/** describe.go, describePodDisruptionBudget. */
export function describeBudget({ metadata, spec, status }: PodDisruptionBudget & KubeObject): string {
  const bound =
    spec?.minAvailable !== undefined
      ? `Min available:\t${spec.minAvailable}\n`
      : spec?.maxUnavailable !== undefined
        ? `Max unavailable:\t${spec.maxUnavailable}\n`
        : '';
  return `Name:\t${metadata.name}\nNamespace:\t${metadata.namespace}\n${bound}Selector:\t${formatLabelSelector(labelSelectorFromObject(spec?.selector))}\nStatus:\n    Allowed disruptions:\t${status?.disruptionsAllowed ?? 0}\n    Current:\t${status?.currentHealthy ?? 0}\n    Desired:\t${status?.desiredHealthy ?? 0}\n    Total:\t${status?.expectedPods ?? 0}\n`;
}
