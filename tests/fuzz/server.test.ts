import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '#base/json.ts';
import type { JournalEntry } from '#kernel/types.ts';
import type { EtcdRequest } from '#protocol/etcd.ts';
import { ApiServer, type Question } from '../support/api-server.ts';
import { terminal } from '../scenarios/terminal.ts';
import { inputs, patience, question } from './requests.ts';
import { samples } from './samples.ts';

const runs = inputs(40_000);
const seed = 777;
/** What the server may answer; 500 only where etcd refuses, and where a kubelet or a webhook that is asked is not there. */
const codes = new Set([200, 201, 202, 400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 429, 503]);

/** Listens to all that happens: what failed inside, and who wrote without having passed the gates. */
class Watchman {
  readonly panics: unknown[] = [];
  readonly unguarded: string[] = [];
  private readonly passed = new Set<string>();

  readonly hear = (entry: JournalEntry): void => {
    for (const { topic, data } of entry.notes) {
      const { gate, verdict } = data as { readonly gate?: string; readonly verdict?: string };
      if (topic === 'panic' || topic === 'crash') this.panics.push(data);
      if (topic === 'gate' && gate === 'validating' && verdict === 'passed') this.passed.add(entry.process);
    }
    const { operation } = entry.message as unknown as Partial<EtcdRequest>;
    const writes = operation?.op === 'txn' && operation.success.some(({ op }) => op === 'put' || op === 'delete-range');
    if (writes && /\/request-\d+$/.test(entry.from) && !this.passed.has(entry.from)) this.unguarded.push(entry.from);
  };
}

describe('a server under hostile requests', () => {
  const watchman = new Watchman();
  let server: ApiServer;
  beforeAll(() => {
    server = new ApiServer({ heard: watchman.hear });
    for (const [path, body] of samples) server.ask({ method: 'POST', path, body, contentType: 'application/json' });
  });

  it(
    'answers each, and nothing is written past its gates',
    () => {
      const seen = new Set<number>();
      fc.assert(
        fc.property(question, (asked) => {
          const watches = asked.query?.['watch'] !== undefined;
          const answer = server.ask(asked);
          expect(watches || answer !== undefined ? 'an answer' : watchman.panics).toBe('an answer');
          if (answer === undefined) return;
          seen.add(answer.status);
          const excused =
            answer.status === 500 &&
            /dial tcp|^etcdserver: |failed calling webhook/.test((answer.body as { readonly message?: string }).message ?? '');
          expect(codes.has(answer.status) || excused ? 'fine' : answer).toBe('fine');
        }),
        { numRuns: runs, seed, endOnFailure: true },
      );
      expect(watchman.panics).toEqual([]);
      expect(watchman.unguarded).toEqual([]);
      for (const code of [200, 201, 400, 401, 403, 404, 409, 422]) expect(seen).toContain(code);
    },
    patience,
  );

  const post = (path: string, body: Json): Question => ({ method: 'POST', path, body, contentType: 'application/json' });
  const configMap = (name: string, data: Json): Question =>
    post('/api/v1/namespaces/default/configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
  const nested = (depth: number): Json => {
    let value: Json = 1;
    for (let level = 0; level < depth; level++) value = { a: value };
    return value;
  };
  const patch = (contentType: string, body: Json): Question => ({
    method: 'PATCH',
    path: '/api/v1/namespaces/default/configmaps/web',
    contentType,
    body,
  });
  /** Each copy doubles what there is. */
  const doubling = Array.from({ length: 60 }, (_, index) => ({ op: 'copy', from: '/data', path: `/data/c${index}` }));

  it.each<readonly [string, Question, number, string]>([
    ['a body of four megabytes', configMap('big', { a: 'x'.repeat(4 * 2 ** 20) }), 413, 'Request entity too large: limit is 3145728'],
    ['an object of two megabytes', configMap('big', { a: 'x'.repeat(2 * 2 ** 20) }), 500, 'etcdserver: request is too large'],
    ['a body that is too deep', configMap('deep', nested(100_000)), 400, 'exceeded max depth'],
    [
      'too many operations',
      patch(
        'application/json-patch+json',
        Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/data/a', value: '1' })),
      ),
      413,
      'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001',
    ],
    [
      'copies that double',
      patch('application/json-patch+json', doubling),
      422,
      'the server rejected our request due to an error in our request',
    ],
    ['names of methods', configMap('methods', { constructor: 'y', toString: 'z' }), 201, ''],
    ['another prototype', configMap('proto', JSON.parse('{"__proto__":"x"}') as Json), 400, 'a key "__proto__" is not taken here'],
    ['a path that is no text', { method: 'GET', path: '/api/v1/namespaces/%E0%A4%A/pods' }, 200, ''],
  ])('knows its limits: %s', (_what, asked, code, message) => {
    server.ask(configMap('web', { a: '1' }));
    const started = performance.now();
    const answer = server.ask(asked)!;
    expect([answer.status, (answer.body as { readonly message?: string }).message ?? '']).toEqual([code, message]);
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(watchman.panics).toEqual([]);
  });
});

/** What once failed inside. */
describe('requests that have failed before', () => {
  const watchman = new Watchman();
  let server: ApiServer;
  beforeAll(() => {
    server = new ApiServer({ heard: watchman.hear });
    for (const [path, body] of samples) server.ask({ method: 'POST', path, body, contentType: 'application/json' });
  });
  const on = (
    method: Question['method'],
    path: string,
    body: Json,
    contentType = 'application/json',
    more: Partial<Question> = {},
  ): Question => ({
    method,
    path,
    body,
    contentType,
    ...more,
  });
  const defaults = '/api/v1/namespaces/default';
  const apply = 'application/apply-patch+yaml';

  it.each<readonly [string, Question, number]>([
    [
      'a field with the name of a method',
      on('PATCH', '/apis/apps/v1/namespaces/default/deployments/web', { constructor: '' }, 'application/merge-patch+json'),
      200,
    ],
    ['an operation that is nothing', on('PATCH', `${defaults}/pods/web`, [null], 'application/json-patch+json'), 400],
    ['an operation that adds nothing to nothing', on('PATCH', `${defaults}/pods/web`, [{ op: 'add' }], 'application/json-patch+json'), 400],
    [
      'an operation at an object',
      on('PATCH', `${defaults}/pods/web`, [{ op: 'test', path: { toString: 1 } }], 'application/json-patch+json'),
      422,
    ],
    [
      'a token with the name of a method',
      { method: 'GET', path: `${defaults}/pods`, credential: { type: 'token', token: 'hasOwnProperty' } },
      401,
    ],
    ['a name that is a list', on('PUT', '/api/v1/namespaces/web', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: [{}] } }), 400],
    ['a kind that is an object', on('POST', `${defaults}/pods`, { apiVersion: 'v1', kind: { toString: 1 }, metadata: {} }), 400],
    [
      'a job of nothing',
      on('POST', '/apis/batch/v1/namespaces/default/jobs', { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'j' } }),
      422,
    ],
    [
      'a definition of nothing',
      on('PUT', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.example.com', {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'things.example.com' },
        spec: null,
      }),
      422,
    ],
    [
      'nothing among the rules',
      on('POST', '/apis/rbac.authorization.k8s.io/v1/clusterroles', {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: 'r' },
        rules: [null],
      }),
      422,
    ],
    ['half of a character', { method: 'GET', path: `${defaults}/pods`, query: { fieldManager: '\ud800' } }, 200],
    [
      'half of a character in a secret',
      on('POST', `${defaults}/secrets`, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'half' }, stringData: { a: '\ud800' } }),
      201,
    ],
    [
      'a flow schema for nobody',
      on('POST', '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas', {
        apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
        kind: 'FlowSchema',
        metadata: { name: 'f' },
        spec: { priorityLevelConfiguration: { name: 'exempt' }, rules: [{}] },
      }),
      422,
    ],
    ['a label that is applied', on('PATCH', `${defaults}/secrets/web`, { metadata: { labels: { b: '1' } } }, apply), 200],
    ['nothing that is applied after it', on('PATCH', `${defaults}/secrets/web`, {}, apply), 200],
    [
      'a number that is too large',
      on(
        'PATCH',
        '/apis/apps/v1/namespaces/default/deployments/web',
        { spec: { replicas: 3_000_000_000 } },
        'application/merge-patch+json',
      ),
      400,
    ],
    [
      'a review whose user is an object',
      on('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', { spec: { user: { toString: 1 } } }),
      400,
    ],
  ])('%s', (_what, asked, code) => {
    expect(server.ask(asked)?.status).toBe(code);
    expect(watchman.panics).toEqual([]);
    expect(server.ask({ method: 'GET', path: `${defaults}/secrets/web` })?.status).toBe(200);
  });
});

describe('hostile manifests', () => {
  const laughs = [
    'a: &a [x, x, x, x, x, x, x, x, x]',
    ...'bcdefghi'.split('').map((name, index) => `${name}: &${name} [${`*${'abcdefgh'[index]!},`.repeat(9)}]`),
  ].join('\n');
  const { type } = terminal();

  it.each([
    ['aliases of aliases', laughs],
    ['brackets without an end', '['.repeat(5_000)],
    ['nothing', ''],
    ['a text', 'hello'],
    ['tabs', 'a:\n\t- b'],
    ['two documents, one of them broken', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n---\n{'],
    ['a list of nothing', 'apiVersion: v1\nkind: List\nitems: [null, 1, {}]'],
    ['a kind that is a number', 'apiVersion: v1\nkind: 7\nmetadata: {name: x}'],
    ['a name that is a list', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: [x]}'],
    ['merge keys', 'a: &a {b: 1}\n<<: *a\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: merged}'],
  ])('%s: refused with words', (_what, text) => {
    const started = performance.now();
    const said = type(`kubectl apply -f - <<'YAML'\n${text}\nYAML`, 5_000);
    expect(said).toMatch(/error|Error|invalid|created|configured|unable/);
    expect(said).not.toMatch(/TypeError|undefined is not|Cannot read prop|panic/);
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(type('echo still here')).toBe('still here');
  });
});
