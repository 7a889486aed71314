import type { ApiCall } from '#machinery/client.ts';
import { get, objectName, pathOf, type ApiResource, type Context } from '../context.ts';
import { selectorQuery, type Target } from '../resource-builder.ts';
import type { TableOptions } from '../printers/table.ts';

/** A GET with the parameters of the command line. */
export function requestFor(context: Context, target: Target, accept: 'json' | 'table', query: Readonly<Record<string, string>>): ApiCall {
  const subresource = context.flags.text('subresource');
  const timeout = context.flags.text('request-timeout');
  const more = timeout === '0' || timeout === '' ? {} : { timeout };
  const base = target.name === '' ? { ...selectorQuery(context), ...query } : {};
  return get(pathOf(target.resource, target.namespace, target.name, subresource), { ...base, ...more }, accept);
}

/** How the tables of a command look. */
export function tableOptions(context: Context, resource: ApiResource, wide: boolean, showKind: boolean): TableOptions {
  const { flags } = context;
  return {
    wide,
    noHeaders: flags.boolean('no-headers'),
    withNamespace: flags.boolean('all-namespaces') && resource.namespaced,
    showLabels: flags.boolean('show-labels'),
    labelColumns: flags.list('label-columns'),
    kindPrefix: showKind || flags.boolean('show-kind') ? objectName(resource, '') : undefined,
  };
}
