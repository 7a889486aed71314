import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { begin } from '#base/routine.ts';
import { isObject, type Json } from '#base/json.ts';
import { builtInResources } from '#api/resources/catalog.ts';
import { applyJsonPatch, applyMergePatch, applyStrategicMergePatch, PatchError } from '#api/patch/index.ts';
import { authenticationGate, authorizationGate, mutatingGate, schemaGate, type Verdict } from '#components/kube-apiserver/gates.ts';
import { flowOf } from '#components/kube-apiserver/flow/classify.ts';
import { emptyRequest, type RequestState } from '#components/kube-apiserver/request-state.ts';
import { requestInfo, resourceFor } from '#components/kube-apiserver/request-info.ts';
import { emptyState, type ApiServerState } from '#components/kube-apiserver/state.ts';
import { select } from '#components/kube-apiserver/storage.ts';
import { validatingGate } from '#components/kube-apiserver/validating-gate.ts';
import type { Asking } from '#components/kube-apiserver/webhooks/asking.ts';
import { ApiServer, type Question } from '../support/api-server.ts';
import { inputs, patience, question } from './requests.ts';
import { samples } from './samples.ts';
import { jsonPatch, spoiled, value } from './values.ts';

const runs = { gates: inputs(120_000), patches: inputs(40_000) } as const;
const seed = 20_261_124;

let server: ApiServerState = emptyState;
beforeAll(() => {
  const real = new ApiServer();
  for (const [path, body] of samples) real.ask({ method: 'POST', path, body, contentType: 'application/json' });
  server = real.state as ApiServerState;
});

const now = Date.UTC(2026, 10, 24);
const decided = (gate: () => Asking<Verdict>): Verdict | undefined => {
  const progress = begin(gate);
  return progress.done ? progress.result : undefined;
};

/** A request through all gates, one after the other, as far as it comes. */
function pass(asked: Question): Verdict | undefined {
  const { method, path, ...more } = asked;
  const request = { ...emptyRequest.request, id: 'x', query: {}, ...more, method, path };
  flowOf(server, request, requestInfo(request));
  const first: RequestState = { ...emptyRequest, request, client: 'c', info: requestInfo(request) };
  const steps: readonly ((state: RequestState) => Verdict | undefined)[] = [
    (state) => authenticationGate(server, state),
    (state) => authorizationGate(server, state, now),
    (state) => (state.info.isResource ? decided(() => mutatingGate(server, state, now)) : undefined),
    (state) => schemaGate(server, state, now),
    (state) => decided(() => validatingGate(server, state)),
  ];
  let verdict: Verdict | undefined;
  let state = first;
  for (const step of steps) {
    verdict = step(state);
    if (verdict === undefined || 'refused' in verdict) return verdict;
    state = verdict.next;
  }
  return verdict;
}

describe('hostile requests', () => {
  it(
    'are refused or let through at the gates, and nothing else happens',
    () => {
      const seen = { refused: 0, passed: 0 };
      fc.assert(
        fc.property(question, (asked) => {
          const verdict = pass(asked);
          const info = requestInfo({ ...emptyRequest.request, query: {}, ...asked });
          const resource = resourceFor(server, info);
          if (resource !== undefined && info.verb === 'list')
            select(server, { ...emptyRequest, request: { ...emptyRequest.request, query: asked.query ?? {} }, info }, resource);
          if (verdict === undefined) return;
          if ('refused' in verdict) {
            seen.refused++;
            expect(verdict.refused.code).toBeGreaterThanOrEqual(400);
            expect(typeof verdict.refused.message).toBe('string');
          } else seen.passed++;
        }),
        { numRuns: runs.gates, seed },
      );
      // Neither are all refused, nor is everything let through.
      expect(Math.min(seen.refused, seen.passed)).toBeGreaterThan(runs.gates / 50);
    },
    patience,
  );

  it(
    'patch, or say why they cannot',
    () => {
      const kinds = samples.map(([, object]) => {
        const { apiVersion, kind } = object as { readonly apiVersion: string; readonly kind: string };
        const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
        return { object, schema: builtInResources.findByKind({ group: group!, version: version!, kind })?.schema };
      });
      fc.assert(
        fc.property(
          fc.constantFrom(...kinds),
          fc.oneof(jsonPatch, value, spoiled(kinds[0]!.object)),
          fc.nat(2),
          ({ object, schema }, patch, how) => {
            try {
              const patched: unknown =
                how === 0
                  ? applyJsonPatch(object, patch)
                  : how === 1
                    ? applyMergePatch(object, patch)
                    : applyStrategicMergePatch(object, patch, schema);
              if (how === 2) expect(isObject(patched)).toBe(true);
              expect(({} as Readonly<Record<string, Json>>)['polluted']).toBeUndefined();
            } catch (error) {
              if (!(error instanceof PatchError)) throw error;
            }
          },
        ),
        { numRuns: runs.patches, seed },
      );
    },
    patience,
  );
});
