import { deepEqual } from '#base/json.ts';
import { withCondition } from '#api/custom/definition-strategy.ts';
import { isTrue } from '#api/custom/facts.ts';
import type { CustomResourceDefinition, CustomResourceDefinitionNames } from '#api/types.generated.ts';
import { definitionsOf } from '../custom-resources.ts';
import { updateStatus } from './update-status.ts';
import { call, outcome, type Controller } from './controller.ts';

interface Claimed {
  readonly resources: ReadonlySet<string>;
  readonly kinds: ReadonlySet<string>;
}

/** The names that other definitions of a group have been given. */
function claimedBy(others: readonly CustomResourceDefinition[]): Claimed {
  const accepted = others.map((definition) => definition.status?.acceptedNames).filter((names) => names !== undefined);
  return {
    resources: new Set(accepted.flatMap(({ plural, singular = '', shortNames = [] }) => [plural, singular, ...shortNames])),
    kinds: new Set(accepted.flatMap(({ kind, listKind = '' }) => [kind, listKind])),
  };
}

/** Each name is given unless somebody else has it; what is refused keeps the name that it had. */
export function acceptNames(
  wanted: CustomResourceDefinitionNames,
  accepted: CustomResourceDefinitionNames,
  claimed: Claimed,
): { readonly names: CustomResourceDefinitionNames; readonly conflict: { readonly reason: string; readonly message: string } | undefined } {
  let names: CustomResourceDefinitionNames = accepted;
  let conflict: { readonly reason: string; readonly message: string } | undefined;
  const take = (field: 'plural' | 'singular' | 'kind' | 'listKind', reason: string, used: ReadonlySet<string>): void => {
    const name = wanted[field] ?? '';
    if (name !== accepted[field] && used.has(name)) conflict = { reason, message: `${JSON.stringify(name)} is already in use` };
    else names = { ...names, [field]: name };
  };
  take('plural', 'PluralConflict', claimed.resources);
  take('singular', 'SingularConflict', claimed.resources);
  const fresh = (wanted.shortNames ?? []).filter((name) => !(accepted.shortNames ?? []).includes(name) && claimed.resources.has(name));
  if (fresh.length > 0) {
    const texts = fresh.map((name) => `${JSON.stringify(name)} is already in use`);
    conflict = { reason: 'ShortNamesConflict', message: texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]` };
  } else if (wanted.shortNames !== undefined) names = { ...names, shortNames: wanted.shortNames };
  take('kind', 'KindConflict', claimed.kinds);
  take('listKind', 'ListKindConflict', claimed.kinds);
  return { names: wanted.categories === undefined ? names : { ...names, categories: wanted.categories }, conflict };
}

/** pkg/controller/status/naming_controller.go: gives a definition its names, or says who has them. */
export const naming: Controller = function* (key, { server, now }) {
  const all = definitionsOf(server);
  const definition = all.find((item) => item.metadata?.name === key);
  if (definition === undefined || deepEqual(definition.spec.names, definition.status?.acceptedNames)) return 'done';
  const others = all.filter((item) => item !== definition && item.spec.group === definition.spec.group);
  const { names, conflict } = acceptNames(
    definition.spec.names,
    definition.status?.acceptedNames ?? { plural: '', kind: '' },
    claimedBy(others),
  );
  const accepted =
    conflict === undefined
      ? { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }
      : { type: 'NamesAccepted', status: 'False', ...conflict };
  let next = withCondition({ ...definition, status: { ...definition.status, acceptedNames: names } }, accepted, now);
  if (!isTrue(definition, 'Established')) {
    const [reason, message] =
      conflict === undefined ? ['Installing', 'the initial names have been accepted'] : ['NotAccepted', 'not all names are accepted'];
    next = withCondition(next, { type: 'Established', status: 'False', reason, message }, now);
  }
  return deepEqual(next.status, definition.status) ? 'done' : outcome(yield* call(updateStatus(next)));
};

/** pkg/controller/establish: a definition whose names are accepted is served from now on. */
export const establishing: Controller = function* (key, { server, now }) {
  const definition = definitionsOf(server).find((item) => item.metadata?.name === key);
  if (definition === undefined || !isTrue(definition, 'NamesAccepted') || isTrue(definition, 'Established')) return 'done';
  const established = {
    type: 'Established',
    status: 'True',
    reason: 'InitialNamesAccepted',
    message: 'the initial names have been accepted',
  };
  return outcome(yield* call(updateStatus(withCondition(definition, established, now))));
};
