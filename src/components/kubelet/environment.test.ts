import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/object.ts';
import { ConfigError, environmentOf, fieldText, resourceText, type Found, type Surroundings } from './environment.ts';

const objects: Readonly<Record<string, Found>> = {
  'configmaps/cfg': { color: 'blue', 'app.properties': 'a=1' },
  'secrets/sec': { password: 'hunter2' },
  'configmaps/late': 'unknown',
};
const around = (container: object, more: object = {}): Surroundings => ({
  pod: {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'app', namespace: 'default', labels: { tier: 'front', app: 'x' } },
    spec: { containers: [{ name: 'c', ...container }], nodeName: 'node-1', ...more },
  } as unknown as KubeObject,
  podIp: '10.244.0.2',
  hostIp: '172.18.0.3',
  find: (kind, name) => objects[`${kind}/${name}`] ?? 'missing',
  services: [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'my-db', namespace: 'default' },
      spec: { clusterIP: '10.96.0.9', ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }] },
    } as unknown as KubeObject,
  ],
  allocatable: { cpu: '4', memory: '8Gi' },
});
const variables = (container: object, more: object = {}): Readonly<Record<string, string>> =>
  Object.fromEntries(environmentOf(around(container, more), 'c'));

describe('the environment of a container', () => {
  it('takes values from objects, from the pod and from its limits, and expands what was set before', () => {
    const env = [
      { name: 'COLOR', valueFrom: { configMapKeyRef: { name: 'cfg', key: 'color' } } },
      { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'sec', key: 'password' } } },
      { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'GREETING', value: 'hello $(NAME) $(UNKNOWN) $$(NAME)' },
      { name: 'MEM', valueFrom: { resourceFieldRef: { resource: 'limits.memory' } } },
    ];
    expect(variables({ env, resources: { limits: { memory: '32Mi' } } })).toMatchObject({
      COLOR: 'blue',
      PASSWORD: 'hunter2',
      NAME: 'app',
      GREETING: 'hello app $(UNKNOWN) $(NAME)',
      MEM: '33554432',
    });
  });

  it('takes all keys of an object with a prefix, and tells of services', () => {
    expect(variables({ envFrom: [{ prefix: 'CFG_', configMapRef: { name: 'cfg' } }] })).toMatchObject({
      CFG_color: 'blue',
      MY_DB_SERVICE_HOST: '10.96.0.9',
      MY_DB_SERVICE_PORT_SQL: '5432',
      MY_DB_PORT_5432_TCP_ADDR: '10.96.0.9',
    });
    expect(variables({}, { enableServiceLinks: false })).not.toHaveProperty('MY_DB_SERVICE_HOST');
  });

  it.each([
    [{ envFrom: [{ configMapRef: { name: 'nothere' } }] }, 'configmap "nothere" not found'],
    [{ envFrom: [{ secretRef: { name: 'nothere' } }] }, 'secret "nothere" not found'],
    [
      { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'cfg', key: 'size' } } }] },
      "couldn't find key size in ConfigMap default/cfg",
    ],
    [{ envFrom: [{ configMapRef: { name: 'late' } }] }, 'failed to sync configmap cache: timed out waiting for the condition'],
  ])('%j cannot be', (container, message) => {
    expect(() => variables(container)).toThrow(new ConfigError(message));
  });

  it('leaves out what is optional and missing', () => {
    const env = [{ name: 'A', valueFrom: { secretKeyRef: { name: 'nothere', key: 'k', optional: true } } }];
    expect(variables({ env, envFrom: [{ configMapRef: { name: 'nothere', optional: true } }] })).not.toHaveProperty('A');
  });

  it('writes maps as the downward API does, and rounds amounts up', () => {
    expect(fieldText(around({}), 'metadata.labels')).toBe('app="x"\ntier="front"');
    expect(fieldText(around({}), "metadata.labels['tier']")).toBe('front');
    const limited = around({ resources: { limits: { cpu: '200m' } } });
    expect(resourceText(limited, { containerName: 'c', resource: 'limits.cpu' })).toBe('1');
    expect(resourceText(limited, { containerName: 'c', resource: 'limits.cpu', divisor: '1m' })).toBe('200');
    expect(resourceText(around({}), { containerName: 'c', resource: 'limits.memory', divisor: '1Mi' })).toBe('8192');
  });
});
