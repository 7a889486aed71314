import type { KubeObject } from '#api/object.ts';
import { parseQuantity } from '#api/quantity.ts';
import type { Container } from '#api/types.generated.ts';
import type { LinuxConfig } from '#protocol/cri.ts';
import { asPod } from './containers.ts';

/** As whom a container runs; what the container says goes before what its pod says (securitycontext/util.go, DetermineEffectiveSecurityContext). */
export function userOf(pod: KubeObject, spec: Container): LinuxConfig['user'] {
  const context = asPod(pod).spec?.securityContext;
  const uid = spec.securityContext?.runAsUser ?? context?.runAsUser ?? 0;
  const gid = spec.securityContext?.runAsGroup ?? context?.runAsGroup ?? 0;
  const fsGroup = context?.fsGroup === undefined || context.fsGroup === gid ? [] : [context.fsGroup];
  return { uid, gid, supplementalGroups: [gid, ...fsGroup, ...(context?.supplementalGroups ?? [])] };
}

/** kuberuntime_container_linux.go, generateLinuxContainerConfig */
export function linuxConfig(pod: KubeObject, spec: Container): LinuxConfig {
  const memory = spec.resources?.limits?.['memory'];
  return {
    user: userOf(pod, spec),
    readOnlyRoot: spec.securityContext?.readOnlyRootFilesystem === true,
    memoryLimitBytes: memory === undefined ? 0 : parseQuantity(memory),
  };
}

/** kuberuntime/security_context.go, verifyRunAsNonRoot. The images of this world run as root. */
export function nonRootProblem(object: KubeObject, spec: Container): string | undefined {
  const pod = asPod(object);
  if ((spec.securityContext?.runAsNonRoot ?? pod.spec?.securityContext?.runAsNonRoot) !== true) return undefined;
  const user = spec.securityContext?.runAsUser ?? pod.spec?.securityContext?.runAsUser;
  if (user !== undefined && user !== 0) return undefined;
  const { name, namespace = '', uid = '' } = object.metadata;
  const text =
    user === undefined ? 'container has runAsNonRoot and image will run as root' : "container's runAsUser breaks non-root policy";
  return `${text} (pod: "${name}_${namespace}(${uid})", container: ${spec.name})`;
}
