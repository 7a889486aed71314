import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/object.ts';
import { builtInResources } from '#api/resources/catalog.ts';
import type { PodSpec } from '#api/types.generated.ts';
import { noInfo } from '../request-state.ts';
import { emptyState } from '../state.ts';
import { serverWith } from '../policies/fixtures.ts';
import type { PolicyVerdict } from '../policies/validating.ts';
import { violations, type Level } from './checks.ts';
import { podSecurity } from './index.ts';

const safe = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' as const },
};
const pod = (context: object = {}, more: object = {}): PodSpec =>
  ({ containers: [{ name: 'a', image: 'i', securityContext: { ...safe, ...context } }], ...more }) as PodSpec;
const faults = (level: Level, spec: PodSpec): readonly string[] =>
  violations(level, spec).map(({ reason, detail }) => `${reason} (${detail})`);

describe('what a level forbids', () => {
  it('nothing of a pod that asks for nothing, when it is restricted', () => {
    expect(faults('restricted', pod())).toEqual([]);
    expect(faults('baseline', { containers: [{ name: 'a', image: 'i' }] })).toEqual([]);
    expect(faults('privileged', pod({ privileged: true }))).toEqual([]);
  });

  it('everything that a plain pod does not say, when it is to be restricted', () => {
    expect(
      faults('restricted', {
        containers: [
          { name: 'a', image: 'i' },
          { name: 'b', image: 'i' },
        ],
      }),
    ).toEqual([
      'allowPrivilegeEscalation != false (containers "a", "b" must set securityContext.allowPrivilegeEscalation=false)',
      'unrestricted capabilities (containers "a", "b" must set securityContext.capabilities.drop=["ALL"])',
      'runAsNonRoot != true (pod or containers "a", "b" must set securityContext.runAsNonRoot=true)',
      'seccompProfile (pod or containers "a", "b" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    ]);
  });

  it.each<[Level, PodSpec, string]>([
    ['baseline', pod({ privileged: true }), 'privileged (container "a" must not set securityContext.privileged=true)'],
    [
      'baseline',
      pod({ capabilities: { add: ['NET_ADMIN', 'KILL'] } }),
      'non-default capabilities (container "a" must not include "NET_ADMIN" in securityContext.capabilities.add)',
    ],
    [
      'restricted',
      pod({ capabilities: { add: ['KILL'], drop: ['ALL'] } }),
      'unrestricted capabilities (container "a" must not include "KILL" in securityContext.capabilities.add)',
    ],
    ['baseline', pod({}, { hostNetwork: true, hostPID: true }), 'host namespaces (hostNetwork=true, hostPID=true)'],
    ['baseline', pod({}, { volumes: [{ name: 'v', hostPath: { path: '/' } }] }), 'hostPath volumes (volume "v")'],
    [
      'restricted',
      pod(
        {},
        {
          volumes: [
            { name: 'v', hostPath: { path: '/' } },
            { name: 'e', emptyDir: {} },
          ],
        },
      ),
      'restricted volume types (volume "v" uses restricted volume type "hostPath")',
    ],
    [
      'baseline',
      { containers: [{ name: 'a', image: 'i', ports: [{ containerPort: 80, hostPort: 80 }] }] },
      'hostPort (container "a" uses hostPort 80)',
    ],
    [
      'baseline',
      { containers: [{ name: 'a', image: 'i', livenessProbe: { httpGet: { port: 80, host: 'example.com' } } }] } as PodSpec,
      'probe or lifecycle host (container "a" uses probe or lifecycle host "example.com")',
    ],
    ['baseline', pod({ procMount: 'Unmasked' }), 'procMount (container "a" must not set securityContext.procMount to "Unmasked")'],
    [
      'baseline',
      pod({}, { securityContext: { seLinuxOptions: { type: 'spc_t', user: 'u' } } }),
      'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set)',
    ],
    [
      'baseline',
      pod({ seccompProfile: { type: 'Unconfined' } }),
      'seccompProfile (container "a" must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
    [
      'baseline',
      pod(
        {},
        {
          securityContext: {
            sysctls: [
              { name: 'kernel.msgmax', value: '1' },
              { name: 'net.ipv4.tcp_rmem', value: '1' },
            ],
          },
        },
      ),
      'forbidden sysctls (kernel.msgmax)',
    ],
    [
      'baseline',
      pod({ appArmorProfile: { type: 'Unconfined' } }),
      'forbidden AppArmor profile (container "a" must not set AppArmor profile type to "Unconfined")',
    ],
    [
      'baseline',
      pod({ windowsOptions: { hostProcess: true } }),
      'hostProcess (container "a" must not set securityContext.windowsOptions.hostProcess=true)',
    ],
    [
      'restricted',
      pod({ runAsNonRoot: false }, { securityContext: { runAsNonRoot: false } }),
      'runAsNonRoot != true (pod and container "a" must not set securityContext.runAsNonRoot=false)',
    ],
    ['restricted', pod({ runAsUser: 0 }), 'runAsUser=0 (container "a" must not set runAsUser=0)'],
  ])('%s: %j', (level, spec, fault) => expect(faults(level, spec)).toEqual([fault]));

  it('less of a pod in a user namespace of its own', () => {
    expect(faults('restricted', pod({ runAsUser: 0, runAsNonRoot: false, procMount: 'Unmasked' }, { hostUsers: false }))).toEqual([]);
  });
});

const prefix = 'pod-security.kubernetes.io';
const namespace = (labels: Readonly<Record<string, string>>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'ns', labels: Object.fromEntries(Object.entries(labels).map(([key, value]) => [`${prefix}/${key}`, value])) },
});

function ask(
  labels: Readonly<Record<string, string>>,
  object: KubeObject,
  old?: KubeObject,
  others: readonly KubeObject[] = [],
): PolicyVerdict {
  const group = object.apiVersion.includes('/') ? object.apiVersion.split('/')[0]! : '';
  const resource = builtInResources.findByKind({ group, version: 'v1', kind: object.kind })!;
  const info = {
    ...noInfo,
    isResource: true,
    verb: old === undefined ? 'create' : 'update',
    group,
    version: 'v1',
    plural: resource.plural,
    namespace: 'ns',
    name: object.metadata.name,
  };
  return podSecurity(serverWith([namespace(labels), ...others]), {
    info,
    resource,
    user: { name: '', groups: [] },
    object,
    old,
    query: {},
    random: emptyState.random,
  });
}
const asPod = (spec: PodSpec, name = 'p'): KubeObject => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'ns' }, spec });
const deployment = (spec: PodSpec): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd', namespace: 'ns' },
  spec: { template: { spec } },
});
const bad = pod({ privileged: true });
const fault = 'privileged (container "a" must not set securityContext.privileged=true)';

describe('a namespace with a level', () => {
  it('refuses pods that are above it, and warns of what would make such pods', () => {
    expect(ask({ enforce: 'baseline' }, asPod(bad)).refused).toMatchObject({
      code: 403,
      message: `pods "p" is forbidden: violates PodSecurity "baseline:latest": ${fault}`,
    });
    expect(ask({ enforce: 'baseline' }, deployment(bad))).toMatchObject({
      refused: undefined,
      warnings: [`would violate PodSecurity "baseline:latest": ${fault}`],
    });
    expect(ask({ enforce: 'baseline', warn: 'privileged' }, deployment(bad)).warnings).toEqual([]);
  });

  it('warns and notes as its labels say', () => {
    const verdict = ask({ warn: 'baseline', 'warn-version': 'v1.30', audit: 'baseline' }, asPod(bad));
    expect(verdict.refused).toBeUndefined();
    expect(verdict.warnings).toEqual([`would violate PodSecurity "baseline:v1.30": ${fault}`]);
    expect(verdict.annotations).toEqual({
      [`${prefix}/enforce-policy`]: 'privileged:latest',
      [`${prefix}/audit-violations`]: `would violate PodSecurity "baseline:latest": ${fault}`,
    });
  });

  it('looks at changes of images only', () => {
    const changed = asPod({ ...bad, containers: [{ ...bad.containers[0]!, image: 'j' }] });
    expect(ask({ enforce: 'baseline' }, asPod({ ...bad, activeDeadlineSeconds: 1 }), asPod(bad)).refused).toBeUndefined();
    expect(ask({ enforce: 'baseline' }, changed, asPod(bad)).refused).toMatchObject({ code: 403 });
  });

  it('tells of the pods that are there when it gets stricter', () => {
    const pods = [asPod(bad, 'z'), asPod(bad, 'y'), asPod(pod(), 'x')];
    expect(ask({}, namespace({ enforce: 'baseline' }), namespace({}), pods).warnings).toEqual([
      'existing pods in namespace "ns" violate the new PodSecurity enforce level "baseline:latest"',
      'y (and 1 other pod): privileged',
    ]);
    expect(ask({}, namespace({ enforce: 'privileged' }), namespace({ enforce: 'restricted' }), pods).warnings).toEqual([]);
  });

  it('must be one that there is', () => {
    expect(ask({}, namespace({ enforce: 'strict', 'warn-version': '1' })).refused).toMatchObject({
      code: 422,
      message:
        'Namespace "ns" is invalid: [metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted, ' +
        'metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "1": must be "latest" or "v1.x"]',
    });
  });
});
