import fc from 'fast-check';
import type { Json } from '#base/json.ts';

/** Texts that have broken programs before. */
const nasty = [
  '',
  ' ',
  '.',
  '..',
  '/',
  '%',
  '%2',
  '%zz',
  '%2f..%2f',
  '%E0%A4%A',
  '\u0000',
  '\ud800',
  '\u202e',
  '💥',
  'ﬀ',
  '-',
  '-1',
  '1e400',
  '0x10',
  'NaN',
  'null',
  'true',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '$patch',
  '$setElementOrder/containers',
  '~0~1',
  '*',
  '=',
  '!',
  ',',
  'a,b',
  'a in (',
  'a notin (b,c',
  '!a',
  'metadata.name=',
  'metadata.name!=a,b',
  '{"a":',
  '[',
  '<html>',
  'a'.repeat(300),
  '1.2.3.4',
  '10.96.0.1',
  '100Gi',
  '1e3Ki',
  '-5m',
  '.5',
  'object.metadata.name',
  'a.map(b, b.map(c, c))',
  'size(',
  '2026-11-24T00:00:00Z',
] as const;
export const text = fc.oneof(
  fc.constantFrom(...nasty),
  fc.string({ maxLength: 12 }),
  fc.constantFrom('web', 'default', 'nginx', 'v1', 'app'),
);
export const scalar: fc.Arbitrary<Json> = fc.oneof(
  text,
  fc.integer(),
  fc.constantFrom<Json>(null, true, false, 0, -1, 1.5, 2 ** 53, -(2 ** 31) - 1, 1e21, []),
);

/** Fields that objects have, so that hostile values get to where somebody looks at them. */
const fields = [
  'apiVersion',
  'kind',
  'metadata',
  'name',
  'generateName',
  'namespace',
  'labels',
  'annotations',
  'finalizers',
  'ownerReferences',
  'resourceVersion',
  'uid',
  'managedFields',
  'spec',
  'status',
  'data',
  'stringData',
  'containers',
  'initContainers',
  'image',
  'ports',
  'containerPort',
  'protocol',
  'env',
  'valueFrom',
  'resources',
  'limits',
  'requests',
  'cpu',
  'memory',
  'volumes',
  'volumeMounts',
  'selector',
  'matchLabels',
  'matchExpressions',
  'operator',
  'key',
  'values',
  'template',
  'replicas',
  'strategy',
  'type',
  'rollingUpdate',
  'maxSurge',
  'tolerations',
  'affinity',
  'securityContext',
  'rules',
  'apiGroups',
  'verbs',
  'subjects',
  'roleRef',
  'webhooks',
  'clientConfig',
  'service',
  'validations',
  'expression',
  'matchConstraints',
  'resourceRules',
  'versions',
  'schema',
  'openAPIV3Schema',
  'properties',
  'names',
  'scope',
  'hard',
  'conditions',
  'clusterIP',
  '$patch',
  '$retainKeys',
  '$setElementOrder/containers',
  '$deleteFromPrimitiveList/finalizers',
  '__proto__',
  'constructor',
] as const;
const field = fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...fields) }, { weight: 1, arbitrary: text });

export const value: fc.Arbitrary<Json> = fc.letrec<{ readonly any: Json; readonly object: Json }>((tie) => ({
  any: fc.oneof({ depthSize: 'small', withCrossShrink: true }, scalar, fc.array(tie('any'), { maxLength: 3 }), tie('object')),
  object: fc.dictionary(field, tie('any'), { maxKeys: 5, noNullPrototype: false }),
})).any;

/** A good object with parts of it spoiled: replaced, removed, or something put in. */
export const spoiled = (good: Json): fc.Arbitrary<Json> =>
  fc
    .array(fc.record({ at: fc.nat(40), how: fc.constantFrom('replace', 'remove', 'insert'), with: value, key: field }), {
      minLength: 1,
      maxLength: 3,
    })
    .map((changes) => changes.reduce<Json>((object, change) => spoil(object, { left: change.at }, change), good));

interface Spoiling {
  readonly how: string;
  readonly with: Json;
  readonly key: string;
}
function spoil(item: Json, count: { left: number }, change: Spoiling): Json {
  if (count.left-- === 0) {
    if (change.how === 'insert' && Array.isArray(item)) return [...(item as readonly Json[]), change.with];
    return change.how === 'insert' && typeof item === 'object' && item !== null
      ? { ...(item as object), [change.key]: change.with }
      : change.with;
  }
  if (Array.isArray(item)) return item.map((inner: Json) => spoil(inner, count, change));
  if (typeof item !== 'object' || item === null) return item;
  const entries: [string, Json][] = [];
  for (const [key, inner] of Object.entries(item)) {
    if (change.how === 'remove' && count.left === 0) count.left = -1;
    else entries.push([key, spoil(inner as Json, count, change)]);
  }
  return Object.fromEntries(entries);
}

const pointer = fc
  .array(fc.oneof(field, fc.constantFrom('0', '1', '-', '99', '-1', '01')), { maxLength: 5 })
  .map((parts) => parts.map((part) => `/${part}`).join(''));
export const jsonPatch: fc.Arbitrary<Json> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.array(
      fc.record(
        {
          op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'smash'),
          path: fc.oneof(pointer, text),
          from: pointer,
          value,
        },
        { requiredKeys: [] },
      ),
      { maxLength: 6 },
    ) as fc.Arbitrary<Json>,
  },
  { weight: 1, arbitrary: value },
);
