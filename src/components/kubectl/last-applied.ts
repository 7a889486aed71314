import { toCompactJson } from '#base/go-json.ts';
import type { ManifestObject } from './manifests.ts';

/** Where kubectl apply keeps what it was given last. */
export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';

/** The manifest as the annotation keeps it: one line of JSON without the annotation itself, ended by a newline. */
function lastAppliedText(object: ManifestObject): string {
  const { [lastAppliedAnnotation]: _, ...annotations } = (object.metadata?.['annotations'] ?? {}) as Readonly<Record<string, string>>;
  return `${toCompactJson({ ...object, metadata: { ...object.metadata, annotations } })}\n`;
}

/** The manifest with itself in the annotation (util.GetModifiedConfiguration). */
export function withLastApplied(object: ManifestObject): ManifestObject {
  const annotations = (object.metadata?.['annotations'] ?? {}) as Readonly<Record<string, string>>;
  return { ...object, metadata: { ...object.metadata, annotations: { ...annotations, [lastAppliedAnnotation]: lastAppliedText(object) } } };
}
