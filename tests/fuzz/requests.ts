import fc from 'fast-check';
import type { Json } from '#base/json.ts';
import type { Question } from '../support/api-server.ts';
import { admin } from '../support/api-server.ts';
import { samples } from './samples.ts';
import { jsonPatch, spoiled, text, value } from './values.ts';

const query = fc
  .record(
    {
      labelSelector: text,
      fieldSelector: text,
      limit: text,
      continue: text,
      resourceVersion: text,
      resourceVersionMatch: text,
      timeoutSeconds: text,
      sendInitialEvents: text,
      allowWatchBookmarks: text,
      dryRun: text,
      fieldManager: text,
      fieldValidation: fc.constantFrom('Strict', 'Warn', 'Ignore', 'x'),
      force: text,
      gracePeriodSeconds: text,
      propagationPolicy: text,
      includeObject: text,
      container: text,
      pretty: text,
    },
    { requiredKeys: [] },
  )
  .map((record) => Object.fromEntries(Object.entries(record)) as Record<string, string>);
const rarely = <T>(arbitrary: fc.Arbitrary<T>, usual: T): fc.Arbitrary<T> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary });
const credential = rarely(
  fc.oneof(
    fc.record({ type: fc.constant('token' as const), token: text }),
    fc.constant({ type: 'none' as const }),
    fc.record({
      type: fc.constant('certificate' as const),
      user: fc.oneof(text, fc.constant('system:node:web')),
      groups: fc.array(fc.oneof(text, fc.constant('system:nodes')), { maxLength: 2 }),
    }),
  ),
  admin,
);
const base = fc.record({
  credential,
  query: rarely(query, {}),
  accept: rarely(
    fc.oneof(
      text,
      fc.constantFrom(
        'application/json;as=Table;v=v1;g=meta.k8s.io',
        'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
        'application/yaml',
      ),
    ),
    'application/json',
  ),
  userAgent: rarely(text, 'fuzz/1'),
  impersonate: rarely(fc.record({ user: text, groups: fc.array(text, { maxLength: 2 }) }), undefined),
});
const sample = fc.constantFrom(...samples);
const nameOf = (object: Json): string => (object as { readonly metadata: { readonly name: string } }).metadata.name;
const subresource = fc.constantFrom(
  '',
  '',
  '',
  '/status',
  '/scale',
  '/binding',
  '/eviction',
  '/token',
  '/log',
  '/exec',
  '/finalize',
  '/approval',
  '/ephemeralcontainers',
  '/resize',
  '/proxy/a',
  '/nothing',
);
const ending = rarely(subresource, '');

/** Requests that are nearly right. */
const creation: fc.Arbitrary<Question> = fc.tuple(sample, base, ending).chain(([[path, object], rest, end]) =>
  fc.oneof(spoiled(object), value).map((body): Question => ({
    ...rest,
    method: 'POST',
    path: end === '' ? path : `${path}/${nameOf(object)}${end}`,
    body,
    contentType: 'application/json',
  })),
);
const replacement: fc.Arbitrary<Question> = fc.tuple(sample, base, ending).chain(([[path, object], rest, end]) =>
  spoiled(object).map((body): Question => ({
    ...rest,
    method: 'PUT',
    path: `${path}/${nameOf(object)}${end}`,
    body,
    contentType: 'application/json',
  })),
);
const patch: fc.Arbitrary<Question> = fc.tuple(sample, base, ending).chain(([[path, object], rest, end]) =>
  fc
    .oneof(
      jsonPatch.map((body) => ['application/json-patch+json', body] as const),
      fc.tuple(
        fc.constantFrom('application/merge-patch+json', 'application/strategic-merge-patch+json', 'application/apply-patch+yaml', 'text/x'),
        fc.oneof(spoiled(object), value),
      ),
    )
    .map(([contentType, body]): Question => ({ ...rest, method: 'PATCH', path: `${path}/${nameOf(object)}${end}`, body, contentType })),
);
const segments = fc.oneof(
  text,
  fc.constantFrom('api', 'apis', 'v1', 'namespaces', 'default', 'pods', 'web', 'status', 'apps', 'watch', 'proxy', 'openapi', 'v3'),
);
const wild: fc.Arbitrary<Question> = fc
  .tuple(
    base,
    fc.constantFrom('GET' as const, 'POST' as const, 'PUT' as const, 'PATCH' as const, 'DELETE' as const),
    fc.array(segments, { maxLength: 8 }),
    fc.option(value, { nil: undefined }),
    text,
  )
  .map(([rest, method, parts, body, contentType]): Question => ({ ...rest, method, path: `/${parts.join('/')}`, body, contentType }));
const reading: fc.Arbitrary<Question> = fc
  .tuple(sample, base, query, fc.boolean(), ending, fc.constantFrom('GET' as const, 'DELETE' as const))
  .chain(([[path, object], rest, asked, one, end, method]) =>
    fc.option(value, { nil: undefined }).map((body): Question => ({
      ...rest,
      query: asked,
      method,
      path: one ? `${path}/${nameOf(object)}${end}` : path,
      body: method === 'DELETE' ? body : undefined,
    })),
  );

/**
 * How many inputs a property gets: all 200,000 together in the stage `fuzz`, a share of them among the unit tests. Seeds make
 * failures come again.
 */
export const inputs = (all: number): number => (process.env['FUZZ'] === 'all' ? all : all / 20);
export const patience = 300_000;

/** Requests of all kinds: nearly right, or not at all. */
export const question: fc.Arbitrary<Question> = fc
  .oneof(creation, replacement, patch, wild, reading)
  // As it comes over the wire: plain objects, whatever their keys are.
  .map((asked) => (asked.body === undefined ? asked : { ...asked, body: JSON.parse(JSON.stringify(asked.body)) as Json }));
