#!/usr/bin/env node
// Writes tests/corpus/*.generated.json: requests and answers of recordings of a real cluster, for an API server alone to
// answer again, and what was there before (objects.generated.json).
// usage: node scripts/generate-corpus.mjs RECORDINGS_DIR API_DIR
import fs from 'node:fs';
import path from 'node:path';

const [recordings, api] = process.argv.slice(2);
if (!recordings || !api) {
  console.error('usage: node scripts/generate-corpus.mjs RECORDINGS_DIR API_DIR');
  process.exit(2);
}
const lines = (file) =>
  fs
    .readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const write = (name, value) =>
  fs.writeFileSync(new URL(`../tests/corpus/${name}.generated.json`, import.meta.url), `${JSON.stringify(value)}\n`);

const scenarios =
  '09-config-secret 10-namespaces 11-conflict-409 12-server-side-apply 13-rbac 14-invalid 15-quota-limits 21-finalizer 23-volumes 24-crd 25-admission-policy 26-service-types 28-patches 29-edit-label-annotate 32-lists-and-selectors 34-watch-stream 35-binding-by-hand'.split(
    ' ',
  );
const writes = ['create', 'update', 'patch', 'delete', 'deletecollection'];

/** Why a request is no part of the corpus at all. */
function left(pair) {
  if (pair.user === 'system:apiserver') return 'the server does it by itself';
  if (pair.resource === 'leases') return 'heartbeats';
  if (pair.resource === 'nodes') return 'nodes are older than the recording, and the recording does not have them';
  if (pair.verb === 'watch') return 'a watch has no answer that was recorded';
  if (!writes.includes(pair.verb) && pair.code < 400) return 'of what is read, answers were not recorded';
  if (pair.verb === 'get' && pair.user.startsWith('system:node:'))
    return 'whether a kubelet may read depends on how soon the authorizer knows of its pods';
  if (['create', 'update', 'patch'].includes(pair.verb) && pair.request === undefined) return 'the body was not recorded';
  return undefined;
}

/** Requests that are made, but whose answers are not compared. */
const apart = [
  [
    '29-edit-label-annotate',
    (pair) => pair.code === 422 && /@@/.test(pair.response?.message ?? ''),
    'the answer has a difference of Go structs in it',
  ],
  [
    '',
    (pair) => {
      const causes = pair.response?.details?.causes ?? [];
      return pair.code === 422 && new Set(causes.map((cause) => JSON.stringify(cause))).size < causes.length;
    },
    'upstream checks metadata more than once, and lists a cause each time',
  ],
  [
    '23-volumes',
    (pair) => pair.resource === 'persistentvolumes' && pair.subresource === 'status',
    'upstream sets lastPhaseTransitionTime after it has noted who owns what',
  ],
];

/** The media types of the patches that `kubectl patch` sent, in order. */
function patchTypes(scenario) {
  return lines(path.join(recordings, scenario, 'run-1/steps.jsonl'))
    .filter((step) => step.kind === 'kubectl' && step.argv[0] === 'patch')
    .map((step) => /--type[= ](\w+)/.exec(step.argv.join(' '))?.[1] ?? 'strategic')
    .map((type) => `application/${type === 'strategic' ? 'strategic-merge' : type}-patch+json`);
}

const total = { kept: 0, apart: 0 };
for (const scenario of scenarios) {
  const types = patchTypes(scenario);
  const pairs = [];
  for (const line of lines(path.join(recordings, scenario, 'run-1/audit.jsonl'))) {
    const isPatch = line.verb === 'patch' && /fieldManager=kubectl-patch/.test(line.uri);
    const type = isPatch ? types.shift() : undefined;
    if (left(line) !== undefined) continue;
    const { at, user, agent, verb, uri, code, request, response, reason, message } = line;
    const why = apart.find(([name, matches]) => (name === '' || name === scenario) && matches(line))?.[2];
    pairs.push({
      at,
      user,
      agent,
      verb,
      uri,
      code,
      type,
      request,
      response,
      ...(response === undefined ? { reason, message } : {}),
      apart: why,
    });
    total[why === undefined ? 'kept' : 'apart']++;
  }
  write(scenario, pairs);
}
const given = new Set(['uid', 'resourceVersion', 'creationTimestamp', 'managedFields', 'generation']);
const own = (metadata) => Object.fromEntries(Object.entries(metadata).filter(([name]) => !given.has(name)));
write(
  'objects',
  ['serviceaccounts', 'configmaps', 'nodes'].flatMap((name) =>
    JSON.parse(fs.readFileSync(path.join(api, 'bootstrap', `${name}.json`), 'utf8')).items.map((object) => ({
      ...object,
      metadata: own(object.metadata),
    })),
  ),
);
console.log(`${total.kept} pairs are compared, ${total.apart} are done without being compared`);
