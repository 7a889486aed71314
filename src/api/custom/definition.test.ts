import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../object.ts';
import { errorText } from '../resources/field-error.ts';
import type { CustomResourceDefinition, CustomResourceDefinitionVersion, JSONSchemaProps } from '../types.generated.ts';
import { compareVersions, customResources } from './definition.ts';

const established = [{ type: 'Established', status: 'True' }];

function define(
  props: JSONSchemaProps,
  more: Partial<CustomResourceDefinitionVersion> = {},
  others: readonly CustomResourceDefinitionVersion[] = [],
): CustomResourceDefinition {
  const names = { plural: 'things', kind: 'Thing' };
  const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: props }, ...more };
  return {
    metadata: { name: 'things.example.com' },
    spec: { group: 'example.com', scope: 'Namespaced', names, versions: [version, ...others] },
    status: { acceptedNames: names, conditions: established },
  };
}
const thing = (fields: object, metadata: object = {}): KubeObject => ({
  apiVersion: 'example.com/v1',
  kind: 'Thing',
  metadata: { name: 'a', ...metadata },
  ...fields,
});
const free: JSONSchemaProps = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

describe('resources of a definition', () => {
  it('are served once the definition is established', () => {
    const { status: _status, ...fresh } = define(free);
    expect(customResources(fresh)).toEqual([]);
    expect(customResources(define(free)).map(({ apiVersion, plural }) => `${apiVersion} ${plural}`)).toEqual(['example.com/v1 things']);
  });

  it('come with the stablest version first, and without those that are not served', () => {
    const others = [
      { name: 'v2beta1', served: true, storage: false },
      { name: 'v2', served: true, storage: false },
      { name: 'v3', served: false, storage: false },
    ];
    expect(customResources(define(free, {}, others)).map(({ version }) => version)).toEqual(['v2', 'v1', 'v2beta1']);
    expect(['foo1', 'v11alpha2', 'v10', 'v1', 'v11beta2', 'v2'].sort(compareVersions)).toEqual([
      'v10',
      'v2',
      'v1',
      'v11beta2',
      'v11alpha2',
      'foo1',
    ]);
  });

  it('are read in the version that is asked for, with its defaults, and stored in one', () => {
    const schema = { openAPIV3Schema: { ...free, properties: { size: { type: 'integer', default: 3 } } } };
    const [newer, older] = customResources(define(free, {}, [{ name: 'v2', served: true, storage: false, schema }]));
    expect(newer!.asServed(thing({}))).toEqual({ ...thing({ size: 3 }), apiVersion: 'example.com/v2' });
    expect(newer!.asStored(newer!.asServed(thing({}))).apiVersion).toBe('example.com/v1');
    expect(older!.asServed(thing({}))).toEqual(thing({}));
  });

  it('count generations by everything but metadata, and status where that is a subresource', () => {
    const [plain] = customResources(define(free));
    const [split] = customResources(define(free, { subresources: { status: {} } }));
    const old = thing({ spec: 1, status: 1 }, { generation: 1 });
    expect(plain!.prepareForUpdate(thing({ spec: 1, status: 2 }, { generation: 1 }), old, '').metadata.generation).toBe(2);
    expect(split!.prepareForUpdate(thing({ spec: 1, status: 2 }, { generation: 1 }), old, '')).toEqual(old);
    expect(split!.prepareForUpdate(thing({ spec: 2, status: 2 }, { generation: 1, labels: { a: 'b' } }), old, 'status')).toEqual(
      thing({ spec: 1, status: 2 }, { generation: 1 }),
    );
  });

  it('show their columns, or their age', () => {
    const now = Date.parse('2026-01-01T00:01:00Z');
    const object = thing({ spec: { size: 5, list: ['a'] } }, { creationTimestamp: '2026-01-01T00:00:00Z' });
    expect(customResources(define(free))[0]!.cells(object, now)).toEqual(['a', '60s']);
    const column = (type: string, jsonPath: string) => ({ name: 'X', type, jsonPath });
    const additionalPrinterColumns = [
      column('integer', '.spec.size'),
      column('string', '.spec.list'),
      column('integer', '.spec.none'),
      column('boolean', '.spec.size'),
    ];
    expect(customResources(define(free, { additionalPrinterColumns }))[0]!.cells(object, now)).toEqual(['a', 5, '["a"]', null, null]);
  });

  it('refuse a create while their definition is about to go', () => {
    const definition = define(free);
    const [resource] = customResources({
      ...definition,
      status: { ...definition.status, conditions: [...established, { type: 'Terminating', status: 'True' }] },
    });
    expect(resource!.refusals).toEqual({ create: 'create not allowed while custom resource definition is terminating' });
    expect(resource!.listedVerbs).not.toContain('create');
  });
});

describe('rules', () => {
  const rule = (text: string, more: object = {}): JSONSchemaProps['x-kubernetes-validations'] => [{ rule: text, ...more }];
  const errors = (spec: JSONSchemaProps, value: unknown, old?: unknown): readonly string[] => {
    const [resource] = customResources(define({ type: 'object', properties: { spec } }));
    const object = thing({ spec: value });
    return (old === undefined ? resource!.validateCreate(object) : resource!.validateUpdate(object, thing({ spec: old }), '')).map(
      errorText,
    );
  };
  const size: JSONSchemaProps = { type: 'integer' };

  it('say what is wrong in their own words', () => {
    const properties = { min: size, max: size };
    const spec = (more: object): JSONSchemaProps => ({
      type: 'object',
      properties,
      'x-kubernetes-validations': rule('self.min <= self.max', more),
    });
    expect(errors(spec({}), { min: 2, max: 1 })).toEqual(['spec: Invalid value: "object": failed rule: self.min <= self.max']);
    expect(errors(spec({ message: 'too small' }), { min: 2, max: 1 })).toEqual(['spec: Invalid value: "object": too small']);
    expect(
      errors(spec({ messageExpression: '"max is " + string(self.max)', fieldPath: '.max', reason: 'FieldValueForbidden' }), {
        min: 2,
        max: 1,
      }),
    ).toEqual(['spec.max: Forbidden: max is 1']);
    expect(errors(spec({}), { min: 1 })).toEqual(['spec: Invalid value: "object": no such key: max evaluating rule: self.min <= self.max']);
  });

  it('about a change are only asked of a change', () => {
    const spec: JSONSchemaProps = {
      type: 'object',
      properties: { size: { ...size, 'x-kubernetes-validations': rule('self >= oldSelf') } },
    };
    expect(errors(spec, { size: 1 })).toEqual([]);
    expect(errors(spec, { size: 1 }, { size: 2 })).toEqual(['spec.size: Invalid value: "integer": failed rule: self >= oldSelf']);
    const optional: JSONSchemaProps = {
      ...size,
      'x-kubernetes-validations': rule('oldSelf.hasValue() || self == 1', { optionalOldSelf: true }),
    };
    expect(errors({ type: 'object', properties: { size: optional } }, { size: 2 })).toEqual([
      'spec.size: Invalid value: "integer": failed rule: oldSelf.hasValue() || self == 1',
    ]);
  });

  it('are not asked of what is not well formed', () => {
    const spec: JSONSchemaProps = {
      type: 'object',
      required: ['a'],
      properties: { a: size },
      'x-kubernetes-validations': rule('self.a > 0'),
    };
    expect(errors(spec, {})).toEqual([
      'spec.a: Required value',
      '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
    ]);
  });

  it('see names that are no identifiers, and texts of formats as what they are', () => {
    const properties = { 'a-b': size, since: { type: 'string', format: 'date-time' }, ratio: { type: 'number' } };
    const spec = (text: string): JSONSchemaProps => ({ type: 'object', properties, 'x-kubernetes-validations': rule(text) });
    const value = { 'a-b': 1, since: '2026-01-02T00:00:00Z', ratio: 2 };
    expect(errors(spec("self.a__dash__b == 1 && self.since > timestamp('2026-01-01T00:00:00Z') && self.ratio > 1.5"), value)).toEqual([]);
  });
});
