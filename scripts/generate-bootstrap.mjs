#!/usr/bin/env node
// Writes src/components/kube-apiserver/bootstrap.generated.json: the objects that an API server creates by itself, from
// what a fresh one was found to have. usage: node scripts/generate-bootstrap.mjs BOOTSTRAP_DIR OBJECTS_JSONL
import fs from 'node:fs';
import path from 'node:path';

const [dir, objectsFile] = process.argv.slice(2);
if (!dir || !objectsFile) {
  console.error('usage: node scripts/generate-bootstrap.mjs BOOTSTRAP_DIR OBJECTS_JSONL');
  process.exit(2);
}
const lists = [
  'namespaces',
  'priorityclasses',
  'clusterroles',
  'clusterrolebindings',
  'roles',
  'rolebindings',
  'flowschemas',
  'prioritylevelconfigurations',
  'apiservices',
];
const strip = (object) => {
  const { name, namespace, labels, annotations } = object.metadata;
  const { metadata: _metadata, status, ...rest } = object;
  const kept = ['FlowSchema', 'APIService', 'PriorityLevelConfiguration'].includes(object.kind) && status ? { status } : {};
  // Times are those of the machine where this was read.
  const clean = JSON.parse(JSON.stringify({ ...rest, ...kept }), (key, value) => (key === 'lastTransitionTime' ? undefined : value));
  return {
    ...clean,
    metadata: { name, ...(namespace ? { namespace } : {}), ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) },
  };
};
const objects = [];
for (const list of lists) {
  const document = JSON.parse(fs.readFileSync(path.join(dir, `${list}.json`), 'utf8'));
  const apiVersion = document.apiVersion === 'v1' && document.kind === 'List' ? undefined : document.apiVersion;
  for (const item of document.items) {
    const object = { apiVersion: item.apiVersion ?? apiVersion, kind: item.kind ?? document.kind.replace(/List$/, ''), ...item };
    objects.push(strip(object));
  }
}
// What an aggregated role takes over from others comes from its controller; what a new cluster starts with is enough.
const seen = fs
  .readFileSync(objectsFile, 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line));
for (const object of seen) if (object.kind === 'ServiceCIDR') objects.push(strip(object));
fs.writeFileSync(new URL('../src/components/kube-apiserver/bootstrap.generated.json', import.meta.url), `${JSON.stringify(objects)}\n`);
