import { parse } from 'yaml';
import { isObject } from '#base/json.ts';
import type { KubeObject } from '#api/object.ts';

/**
 * A file of the manifests folder as a Pod: text is YAML or JSON, and a Pod without a namespace is of `default`
 * (pkg/kubelet/config/file.go and common.go). Undefined where it is no Pod with a name and containers.
 */
export function readManifest(content: unknown): KubeObject | undefined {
  const value = typeof content === 'string' ? parsed(content) : content;
  if (!isObject(value) || value['kind'] !== 'Pod' || !isObject(value['metadata']) || !isObject(value['spec'])) return undefined;
  const { metadata, spec } = value;
  if (typeof metadata['name'] !== 'string' || !Array.isArray(spec['containers'])) return undefined;
  return { ...value, metadata: { namespace: 'default', ...metadata } } as unknown as KubeObject;
}

function parsed(text: string): unknown {
  try {
    return parse(text, { logLevel: 'error', maxAliasCount: 100 }) as unknown;
  } catch {
    return undefined;
  }
}
