import { describe, expect, it } from 'vitest';
import { Authorizer, celEnvironment, compileExpression, evaluate, fromCel } from './index.ts';

/** The value of an expression over some variables, or `error: …`. */
function run(text: string, variables: Readonly<Record<string, unknown>> = {}, limit?: number): unknown {
  const compiled = compileExpression(text, Object.keys(variables));
  if (!compiled.ok) return `error: ${compiled.error}`;
  const result = evaluate(compiled.program, variables, limit);
  return result.ok ? fromCel(result.value) : `error: ${result.error}`;
}

const deployment = {
  metadata: { name: 'web', labels: { app: 'web', constructor: 'x' } },
  spec: {
    replicas: 3,
    ratio: 0.5,
    template: {
      spec: {
        containers: [
          { name: 'a', image: 'nginx:1.25' },
          { name: 'b', image: 'redis' },
        ],
      },
    },
  },
};

describe('expressions over objects of the API', () => {
  it.each([
    ['object.spec.replicas <= 3', true],
    ['object.spec.replicas * 2', 6],
    ['object.spec.ratio < 1', true],
    ['has(object.spec.paused)', false],
    ['has(object.metadata.labels) && "app" in object.metadata.labels', true],
    ["object.metadata.labels['constructor'] == 'x'", true],
    ['object.spec.template.spec.containers.all(c, c.image.contains(":"))', false],
    ['object.spec.template.spec.containers.exists_one(c, c.name == "a")', true],
    ['object.spec.template.spec.containers.map(c, c.name)', ['a', 'b']],
    ['object.spec.template.spec.containers.filter(c, c.image == "redis").size()', 1],
    ['object.?spec.?paused.orValue(true)', true],
    ['object.?spec.?replicas.optMap(r, r + 1).orValue(0)', 4],
    ['optional.ofNonZeroValue("").hasValue()', false],
    ['object.spec.replicas == 3 ? "three" : "other"', 'three'],
    ['object.spec.replicas == null || object.missing == 1', 'error: no such key: missing'],
    ['object.missing == 1 || true', true],
    ['[object.spec.replicas, "a"].size()', 2],
    ['object.spec.template.spec.containers[7].name', 'error: index out of bounds: 7'],
    ['object.spec.replicas / 0', 'error: division by zero'],
    ['object.spec.replicas + "a"', 'error: no such overload'],
  ])('%s', (text, value) => expect(run(text, { object: deployment })).toEqual(value));
});

describe('the functions that Kubernetes adds', () => {
  it.each([
    ['[1, 2, 2].isSorted()', true],
    ['["b", "a"].isSorted()', false],
    ['[1, 2, 3].sum()', 6],
    ['[3, 1].min()', 1],
    ['[3, 1].max()', 3],
    ['["a", "b", "a"].lastIndexOf("a")', 2],
    ['["a"].indexOf("z")', -1],
    ['sets.contains(["a", "b"], ["a"])', true],
    ['sets.equivalent([1, 2], [2, 1, 1])', true],
    ['["a", "b"].all(i, v, i < 2 && v != "c")', true],
    ['[1, 2].exists(i, v, 1 / i == 1 || v == 2)', true],
    ['[0, 1].all(i, v, 1 / v == 1)', 'error: division by zero'],
    ['{"a": 1, "b": 2}.existsOne(k, v, v > 1 && k == "b")', true],
    ['["a", "b"].transformList(i, v, i > 0, v + string(i))', ['b1']],
    ['{"a": 1}.transformMap(k, v, v + 1)', { a: 2 }],
    ['{"a": "x", "b": "y"}.transformMapEntry(k, v, {v: k})', { x: 'a', y: 'b' }],
    ['{"a": "x", "b": "x"}.transformMapEntry(k, v, {v: k})', 'error: insert failed: key x already exists'],
    ['[[1, 2], [3]].transformList(i, v, v.transformList(j, w, w + i))', [[1, 2], [4]]],
    ['"abc 123".find("[0-9]+")', '123'],
    ['"a1 b2".findAll("[a-z][0-9]", 1)', ['a1']],
    ['"A".matches("(?i)a") && matches("xa", "a$") && !"a_b".matches("^[a-z]+\\\\-$")', true],
    ['timestamp("2026-07-01T00:00:00Z").getDayOfYear()', 181],
    ['"a-b-c".replace("-", "+", 1)', 'a+b-c'],
    ['"%s has %d of %.1f, %x".format(["x", 3, 0.25, 255])', 'x has 3 of 0.3, ff'],
    ['quantity("1Gi").isGreaterThan(quantity("900Mi"))', true],
    ['quantity("500m").add(quantity("1")) == quantity("1500m")', true],
    ['quantity("2").sub(1).asInteger()', 1],
    ['isQuantity("1Q")', false],
    ['url("https://user@example.com:80/a%20b?x=1&x=2").getQuery()["x"]', ['1', '2']],
    ['url("https://[::1]:443/").getHostname()', '::1'],
    ['isURL("not a url")', false],
    ['ip("2001:db8:0:0:0:0:0:1").family()', 6],
    ['string(ip("2001:DB8:0:0:0:0:0:1"))', '2001:db8::1'],
    ['ip.isCanonical("127.0.0.1") && ip("127.0.0.1").isLoopback()', true],
    ['cidr("10.0.0.0/8").containsIP("10.1.2.3") && !cidr("10.0.0.0/8").containsIP("11.0.0.1")', true],
    ['cidr("10.0.0.0/8").containsCIDR("10.1.0.0/16")', true],
    ['string(cidr("10.1.2.3/16").masked())', '10.1.0.0/16'],
    ['semver("1.2.3-rc.1").isLessThan(semver("1.2.3"))', true],
    ['isSemver("v1.0") || isSemver("v1.0", true)', true],
    ['quantity("nothing")', "error: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"],
  ])('%s', (text, value) => expect(run(text)).toEqual(value));
});

describe('errors of an expression', () => {
  it.each([
    ['object.x in [1, 2, ', "ERROR: <input>:1:20: Syntax error: missing ']' at '<EOF>'\n | object.x in [1, 2, \n | ...................^"],
    ['foo > 1', "ERROR: <input>:1:1: undeclared reference to 'foo' (in container '')\n | foo > 1\n | ^"],
    ['foo(1)', "ERROR: <input>:1:4: undeclared reference to 'foo' (in container '')\n | foo(1)\n | ...^"],
    ['1 + "a"', "ERROR: <input>:1:3: found no matching overload for '_+_' applied to '(int, string)'\n | 1 + \"a\"\n | ..^"],
    ['1.size()', "ERROR: <input>:1:7: found no matching overload for 'size' applied to 'int.()'\n | 1.size()\n | ......^"],
    ['!1', "ERROR: <input>:1:1: found no matching overload for '!_' applied to '(int)'\n | !1\n | ^"],
    ['"a".b', 'ERROR: <input>:1:4: type \'string\' does not support field selection\n | "a".b\n | ...^'],
    ['\n  x', "ERROR: <input>:2:3: undeclared reference to 'x' (in container '')\n |   x\n | ..^"],
    ['object.', "ERROR: <input>:1:8: Syntax error: no viable alternative at input '.'\n | object.\n | .......^"],
    [
      'object.x = 3',
      "ERROR: <input>:1:10: Syntax error: token recognition error at: '= '\n | object.x = 3\n | .........^\n" +
        "ERROR: <input>:1:12: Syntax error: extraneous input '3' expecting <EOF>\n | object.x = 3\n | ...........^",
    ],
  ])('%s', (text, message) => {
    const compiled = compileExpression(text, ['object']);
    expect(compiled).toMatchObject({ ok: false });
    expect(!compiled.ok && compiled.error).toBe(message);
  });

  it('ends a tree that is too deep before any host does', () => {
    expect(compileExpression(Array.from({ length: 900 }, () => '1').join('+'), [])).toMatchObject({ ok: true });
    for (const text of [Array.from({ length: 5000 }, () => '1').join('+'), '!'.repeat(50_000), '('.repeat(300)])
      expect(compileExpression(text, [])).toMatchObject({
        ok: false,
        error: expect.stringContaining('expression recursion limit exceeded: 250') as string,
      });
  });

  it('names a field that a typed variable has not', () => {
    const environment = celEnvironment({
      variables: { request: 'kubernetes.AdmissionRequest' },
      types: { 'kubernetes.AdmissionRequest': { name: 'string' } },
    });
    expect(environment.compile('request.nam == "x"')).toMatchObject({
      ok: false,
      error: 'ERROR: <input>:1:8: undefined field \'nam\'\n | request.nam == "x"\n | .......^',
    });
    expect(environment.compile('request.name == "x"')).toMatchObject({ ok: true, program: { outputType: 'bool' } });
  });
});

describe('cost', () => {
  const many = Array.from({ length: 1000 }, (_, index) => index);

  it('ends an expression that is too dear, also where an error would not matter', () => {
    const nested = 'many.all(a, many.all(b, many.all(c, a + b + c >= 0)))';
    expect(run(nested, { many })).toBe('error: operation cancelled: actual cost limit exceeded');
    expect(run(`${nested} || true`, { many })).toBe('error: operation cancelled: actual cost limit exceeded');
  });

  it('is counted for each step, and again for each run', () => {
    const compiled = compileExpression('many.exists(x, x == 999)', ['many']);
    const costs = [0, 1].map(() => compiled.ok && evaluate(compiled.program, { many }).cost);
    expect(costs[0]).toBeGreaterThan(2000);
    expect(costs[1]).toBe(costs[0]);
    expect(run('many.exists(x, x == 999)', { many }, 100)).toBe('error: operation cancelled: actual cost limit exceeded');
  });
});

describe('the authorizer', () => {
  it('is asked for what the expression names', () => {
    const asked: unknown[] = [];
    const authorizer = new Authorizer((check) => (asked.push(check), { allowed: check.verb === 'get', reason: 'so' }), {
      group: 'apps',
      resource: 'deployments',
    });
    const environment = celEnvironment({ variables: { authorizer: 'kubernetes.authorization.Authorizer' } });
    const value = (text: string): unknown => {
      const compiled = environment.compile(text);
      return compiled.ok ? evaluate(compiled.program, { authorizer }) : compiled.error;
    };
    expect(value("authorizer.group('').resource('pods').namespace('x').check('get').allowed()")).toMatchObject({ value: true });
    expect(value("authorizer.requestResource.check('custom').allowed()")).toMatchObject({ value: false });
    expect(value("authorizer.path('/healthz').check('get').reason()")).toMatchObject({ value: 'so' });
    expect(asked).toEqual([
      { group: '', resource: 'pods', namespace: 'x', verb: 'get' },
      { group: 'apps', resource: 'deployments', verb: 'custom' },
      { path: '/healthz', verb: 'get' },
    ]);
  });
});

describe('object initializers', () => {
  const environment = celEnvironment({ variables: { object: 'dyn' }, mutation: true });
  const value = (text: string): unknown => {
    const compiled = environment.compile(text);
    if (!compiled.ok) return compiled.error;
    const result = evaluate(compiled.program, { object: deployment });
    return result.ok ? fromCel(result.value) : result.error;
  };

  it.each([
    ['Object{spec: Object.spec{replicas: 3}}', { spec: { replicas: 3 } }],
    ['Object{ spec: Object.spec { template: Object.spec.template{}, paused: true } }', { spec: { template: {}, paused: true } }],
    ['Object{metadata: Object.metadata{labels: {"a,b": "Object{x: 1}"}}} // Object{', { metadata: { labels: { 'a,b': 'Object{x: 1}' } } }],
    ['object.spec.replicas > 2 ? Object{spec: Object.spec{replicas: 2}} : Object{}', { spec: { replicas: 2 } }],
    ['Object{?spec: optional.none(), ?status: optional.of(1)}', { status: 1 }],
    [
      '[JSONPatch{op: "add", path: "/metadata/labels/" + jsonpatch.escapeKey("a/b"), value: object.spec.replicas}]',
      [{ op: 'add', path: '/metadata/labels/a~1b', value: 3 }],
    ],
    [
      'object.spec.template.spec.containers.map(c, JSONPatch{op: "test", path: c.name})',
      [
        { op: 'test', path: 'a' },
        { op: 'test', path: 'b' },
      ],
    ],
    ['JSONPatch{nothing: 1}', "no such field 'nothing'"],
  ])('%s', (text, expected) => expect(value(text)).toEqual(expected));

  it('have types', () => {
    const type = (text: string): unknown => {
      const compiled = environment.compile(text);
      return compiled.ok && compiled.program.outputType;
    };
    expect(type('Object{}')).toBe('Object');
    expect(type('has(object.spec) ? [JSONPatch{op: "a"}] + [JSONPatch{op: "b"}] : []')).toBe('list(JSONPatch)');
    expect(type('object.spec.list.map(c, JSONPatch{op: "test", path: c.name})')).toBe('list(JSONPatch)');
  });

  it('are where they were written, for errors', () => {
    expect(value('Object{spec: Object.spec{replicas: wrong}}')).toBe(
      "ERROR: <input>:1:36: undeclared reference to 'wrong' (in container '')\n | Object{spec: Object.spec{replicas: wrong}}\n | ...................................^",
    );
  });

  it('are nothing elsewhere', () => {
    const compiled = compileExpression('Object{spec: 1}', ['object']);
    expect(!compiled.ok && compiled.error).toContain("undeclared reference to 'Object' (in container '')");
  });
});
