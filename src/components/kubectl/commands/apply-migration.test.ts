import { expect, it } from 'vitest';
import type { KubeObject } from '#api/object.ts';
import { upgraded } from './apply-migration.ts';

const annotation = { 'f:metadata': { 'f:annotations': { 'f:kubectl.kubernetes.io/last-applied-configuration': {} } } };
const entry = (manager: string, operation: 'Apply' | 'Update', fieldsV1: object) =>
  ({ manager, operation, apiVersion: 'v1', fieldsV1 }) as const;
const object = (...managedFields: readonly ReturnType<typeof entry>[]): KubeObject =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', managedFields } }) as unknown as KubeObject;

it('what was applied from the client belongs to who applies from the server', () => {
  const before = object(
    entry('kubectl', 'Apply', { 'f:data': { 'f:b': {} } }),
    entry('kubectl-client-side-apply', 'Update', { ...annotation, 'f:data': { 'f:a': {} } }),
  );
  expect(upgraded(before, 'kubectl')).toEqual([entry('kubectl', 'Apply', { ...annotation, 'f:data': { 'f:a': {}, 'f:b': {} } })]);
});

it('an entry of the client becomes one of the server where there is none', () => {
  const before = object(entry('kubectl-client-side-apply', 'Update', annotation), entry('other', 'Update', { 'f:data': {} }));
  expect(upgraded(before, 'kubectl')).toEqual([entry('kubectl', 'Apply', annotation), entry('other', 'Update', { 'f:data': {} })]);
});

it('there is nothing to hand over where nobody applied from the client', () => {
  expect(upgraded(object(entry('kubectl-edit', 'Update', { 'f:data': {} })), 'kubectl')).toBeUndefined();
});
