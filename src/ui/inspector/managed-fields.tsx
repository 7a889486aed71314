import type { JSX } from 'react';
import { isObject } from '#base/json.ts';
import { useText } from '../text/index.ts';

interface Entry {
  readonly manager?: string;
  readonly operation?: string;
  readonly subresource?: string;
  readonly time?: string;
  readonly fieldsV1?: unknown;
}

/** The leaves of a FieldsV1: `f:spec` › `f:replicas` as `spec.replicas`, `k:{"name":"web"}` as `[name=web]`. */
function pathsOf(fields: unknown, path = ''): readonly string[] {
  const inner = isObject(fields) ? Object.entries(fields).filter(([name]) => name !== '.') : [];
  if (inner.length === 0) return path === '' ? [] : [path];
  return inner.flatMap(([name, value]) => {
    if (name.startsWith('f:')) return pathsOf(value, path === '' ? name.slice(2) : `${path}.${name.slice(2)}`);
    const key = name.startsWith('k:')
      ? Object.entries(JSON.parse(name.slice(2)) as object).map(([of, is]) => `${of}=${String(is)}`)
      : [name];
    return pathsOf(value, `${path}[${key.join(',')}]`);
  });
}

/** Who has set which fields of an object. */
export function ManagedFields({ object }: { readonly object: unknown }): JSX.Element {
  const t = useText();
  const { managedFields = [] } = ((object as { readonly metadata?: object } | undefined)?.metadata ?? {}) as {
    readonly managedFields?: readonly Entry[];
  };
  return (
    <>
      <p className="mode">{t('fieldsAbout')}</p>
      {managedFields.map(({ manager, operation, subresource, time, fieldsV1 }, index) => (
        <details key={index} open={managedFields.length < 4}>
          <summary>
            <b>{manager}</b> {operation} {subresource ?? ''} <span className="mode">{time}</span>
          </summary>
          <ul className="owned">
            {pathsOf(fieldsV1).map((path) => (
              <li key={path}>{path}</li>
            ))}
          </ul>
        </details>
      ))}
      {managedFields.length === 0 ? <p className="mode">{t('empty')}</p> : null}
    </>
  );
}
