import { expect, it } from 'vitest';
import { builtInResources } from '#api/resources/catalog.ts';
import { controllers } from './controllers/index.ts';
import { watchedResources } from './informers.ts';

it('watches only what the API serves, and everything that a control loop asks for', () => {
  expect(
    watchedResources.filter((resource) => builtInResources.find(resource.group, resource.version, resource.plural) === undefined),
  ).toEqual([]);
  const plurals = new Set(watchedResources.map(({ plural }) => plural));
  expect(
    [...controllers.values()].flatMap((controller) => Object.keys(controller.handlers)).filter((plural) => !plurals.has(plural)),
  ).toEqual([]);
});
