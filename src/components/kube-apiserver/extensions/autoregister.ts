import type { KubeObject } from '#api/object.ts';
import { resourcePath } from '#machinery/client.ts';
import { definitionsOf } from '../custom-resources.ts';
import { getCached } from '../state.ts';
import { call, outcome, type Controller } from './controller.ts';

const services = { group: 'apiregistration.k8s.io', version: 'v1', plural: 'apiservices' };
const prefix = '/registry/apiregistration.k8s.io/apiservices';
const automanaged = 'kube-aggregator.kubernetes.io/automanaged';
/** Custom groups come after all that are built in (crdregistration_controller.go). */
const priorities = { groupPriorityMinimum: 1000, versionPriority: 100 };

/**
 * pkg/controlplane/controller/crdregistration with kube-aggregator's autoregister: each group version that a definition
 * serves has an API service, `v1.sky.example.com`.
 */
export const autoregister: Controller = function* (key, { server }) {
  const dot = key.indexOf('.');
  const [version, group] = [key.slice(0, dot), key.slice(dot + 1)];
  const wanted = definitionsOf(server).some(
    ({ spec }) => spec.group === group && spec.versions.some((item) => item.name === version && item.served),
  );
  const current = getCached(server, `${prefix}/${key}`, prefix);
  if (wanted === (current !== undefined)) return 'done';
  if (wanted) return outcome(yield* call({ method: 'POST', path: resourcePath(services), body: serviceOf(key, group, version) }));
  if (current?.metadata.labels?.[automanaged] !== 'true') return 'done';
  const preconditions = { uid: current.metadata.uid };
  const body = { kind: 'DeleteOptions', apiVersion: 'v1', preconditions };
  return outcome(yield* call({ method: 'DELETE', path: resourcePath(services, '', key), body }));
};

function serviceOf(name: string, group: string, version: string): KubeObject {
  return {
    kind: 'APIService',
    apiVersion: 'apiregistration.k8s.io/v1',
    metadata: { name, labels: { [automanaged]: 'true' } },
    spec: { group, version, ...priorities },
  };
}
