import type { Volume } from '#api/types.generated.ts';

/** What is said of each source of a volume (describe.go, describeVolumes): a title and its fields. */
type Facts = readonly (readonly [label: string, value: string])[];
type Source = Readonly<Record<string, unknown>>;

const text = (value: unknown): string => (value === undefined || value === null ? '' : String(value));
const flagText = (value: unknown): string => (value === true ? 'true' : 'false');

const sources: Readonly<Record<string, (source: Source) => Facts>> = {
  hostPath: (source) => [
    ['Type', 'HostPath (bare host directory volume)'],
    ['Path', text(source['path'])],
    ['HostPathType', text(source['type'])],
  ],
  emptyDir: (source) => [
    ['Type', "EmptyDir (a temporary directory that shares a pod's lifetime)"],
    ['Medium', text(source['medium'])],
    ['SizeLimit', source['sizeLimit'] === undefined ? '<unset>' : text(source['sizeLimit'])],
  ],
  secret: (source) => [
    ['Type', 'Secret (a volume populated by a Secret)'],
    ['SecretName', text(source['secretName'])],
    ['Optional', flagText(source['optional'])],
  ],
  configMap: (source) => [
    ['Type', 'ConfigMap (a volume populated by a ConfigMap)'],
    ['Name', text(source['name'])],
    ['Optional', flagText(source['optional'])],
  ],
  persistentVolumeClaim: (source) => [
    ['Type', 'PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)'],
    ['ClaimName', text(source['claimName'])],
    ['ReadOnly', flagText(source['readOnly'])],
  ],
  nfs: (source) => [
    ['Type', 'NFS (an NFS mount that lasts the lifetime of a pod)'],
    ['Server', text(source['server'])],
    ['Path', text(source['path'])],
    ['ReadOnly', flagText(source['readOnly'])],
  ],
  csi: (source) => [
    ['Type', 'CSI (a Container Storage Interface (CSI) volume source)'],
    ['Driver', text(source['driver'])],
    ['FSType', text(source['fsType'])],
    ['ReadOnly', flagText(source['readOnly'])],
  ],
  local: (source) => [
    ['Type', 'LocalVolume (a persistent volume backed by local storage on a node)'],
    ['Path', text(source['path'])],
  ],
};

/** The lines of one source, at a given indentation. */
export function describeSource(source: Source, indent: string): string {
  for (const [name, describe] of Object.entries(sources)) {
    const value = source[name];
    if (value !== undefined)
      return describe(value as Source)
        .map(([label, fact]) => `${indent}${label}:\t${fact}\n`)
        .join('');
  }
  if (source['downwardAPI'] !== undefined) return downward(source['downwardAPI'] as Source, indent);
  if (source['projected'] !== undefined) return projected(source['projected'] as Source, indent);
  return `${indent}<unknown>\n`;
}

function downward(source: Source, indent: string): string {
  const items =
    (source['items'] as
      | readonly {
          readonly path: string;
          readonly fieldRef?: { readonly fieldPath: string };
          readonly resourceFieldRef?: { readonly resource: string };
        }[]
      | undefined) ?? [];
  return `${indent}Type:\tDownwardAPI (a volume populated by information about the pod)\n${indent}Items:\n${items.map((item) => `${indent}  ${item.fieldRef?.fieldPath ?? item.resourceFieldRef?.resource ?? ''} -> ${item.path}\n`).join('')}`;
}

interface Projection {
  readonly secret?: { readonly name?: string; readonly optional?: boolean };
  readonly configMap?: { readonly name?: string; readonly optional?: boolean };
  readonly downwardAPI?: object;
  readonly serviceAccountToken?: { readonly expirationSeconds?: number };
}

function projected(source: Source, indent: string): string {
  const parts = ((source['sources'] as readonly Projection[] | undefined) ?? []).map((part) => {
    if (part.secret !== undefined)
      return `${indent}SecretName:\t${part.secret.name ?? ''}\n${indent}Optional:\t${part.secret.optional ?? false}\n`;
    if (part.downwardAPI !== undefined) return `${indent}DownwardAPI:\ttrue\n`;
    if (part.configMap !== undefined)
      return `${indent}ConfigMapName:\t${part.configMap.name ?? ''}\n${indent}Optional:\t${part.configMap.optional ?? false}\n`;
    if (part.serviceAccountToken !== undefined)
      return `${indent}TokenExpirationSeconds:\t${part.serviceAccountToken.expirationSeconds ?? 3600}\n`;
    return '';
  });
  return `${indent}Type:\tProjected (a volume that contains injected data from multiple sources)\n${parts.join('')}`;
}

/** The volumes of a pod. */
export function describeVolumes(volumes: readonly Volume[] | undefined, space: string): string {
  if (volumes === undefined || volumes.length === 0) return `${space}Volumes:\t<none>\n`;
  const named = volumes.map(
    (volume) => `  ${space === '' ? '' : ' '}${volume.name}:\n${describeSource(volume as unknown as Source, '    ')}`,
  );
  return `${space}Volumes:\n${named.join('')}`;
}
