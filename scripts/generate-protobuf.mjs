#!/usr/bin/env node
// Writes src/bridge/protobuf/messages.generated.json: for every message that a client may send as protobuf, its fields by
// number. The numbers, names and types are facts of the Go types of the modules k8s.io/api and k8s.io/apimachinery.
// usage: node scripts/generate-protobuf.mjs API_MODULE_DIR APIMACHINERY_MODULE_DIR
import fs from 'node:fs';
import path from 'node:path';

const [api, machinery] = process.argv.slice(2);
if (!api || !machinery) {
  console.error('usage: node scripts/generate-protobuf.mjs API_MODULE_DIR APIMACHINERY_MODULE_DIR');
  process.exit(2);
}
const meta = 'k8s.io/apimachinery/pkg/apis/meta/v1';
const folders = new Map([[meta, path.join(machinery, 'pkg/apis/meta/v1')]]);
for (const group of fs.readdirSync(api)) {
  for (const version of ['v1', 'v2']) {
    const folder = path.join(api, group, version);
    if (fs.existsSync(path.join(folder, 'generated.proto'))) folders.set(`k8s.io/api/${group}/${version}`, folder);
  }
}
// What the decoder knows by hand: their JSON is not that of their fields.
const special = {
  'k8s.io/apimachinery/pkg/api/resource.Quantity': 'quantity',
  'k8s.io/apimachinery/pkg/util/intstr.IntOrString': 'int-or-string',
  'k8s.io/apimachinery/pkg/runtime.RawExtension': 'raw',
  'k8s.io/apimachinery/pkg/types.UID': 'string',
  [`${meta}.Time`]: 'time',
  [`${meta}.MicroTime`]: 'micro-time',
  [`${meta}.Duration`]: 'duration',
  [`${meta}.FieldsV1`]: 'raw',
};
const scalars = { string: 'string', bool: 'bool', int: 'int', int32: 'int', int64: 'int', uint32: 'int', byte: 'int', float64: 'double' };
const structs = new Map();
const named = new Map();

for (const [name, folder] of folders) {
  for (const file of fs
    .readdirSync(folder)
    .filter((item) => item.endsWith('.go') && !/_test\.go$|^zz_|^generated|^types_swagger/.test(item))) {
    const text = fs.readFileSync(path.join(folder, file), 'utf8');
    const imports = new Map();
    for (const match of text.matchAll(/^(?:import)?\s+(?:(\w+)\s+)?"((?:k8s\.io)\/[^"]+)"$/gm))
      imports.set(match[1] ?? path.basename(match[2]), match[2]);
    const qualify = (type) => {
      const [alias, rest] = type.includes('.') ? type.split('.') : [undefined, type];
      return alias === undefined ? (scalars[rest] ?? `${name}.${rest}`) : `${imports.get(alias) ?? alias}.${rest}`;
    };
    for (const match of text.matchAll(/^type (\w+) (?!struct|interface|func)=? ?(\S+)$/gm))
      named.set(`${name}.${match[1]}`, { type: match[2], qualify });
    for (const match of text.matchAll(/^type (\w+) struct \{\n([\s\S]*?)^\}/gm)) {
      const fields = [...match[2].matchAll(/^\s+(?:(\w+)\s+)?(\S+)\s+`([^`]*protobuf:"[^`]*)`/gm)].map(([, , type, tags]) => ({
        type,
        tags,
        qualify,
      }));
      structs.set(`${name}.${match[1]}`, fields);
    }
  }
}

// A type is 'string' … or a number (a message); lists, maps and pointers are flags.
const numbers = new Map();
const messages = [];
const messageOf = (full) => {
  if (numbers.has(full)) return numbers.get(full);
  const number = messages.length;
  numbers.set(full, number);
  messages.push(undefined);
  messages[number] = Object.fromEntries((structs.get(full) ?? []).map((field) => encode(field, full)).filter(Boolean));
  return number;
};
const resolve = (type, qualify) => {
  if (type.startsWith('*')) return { ...resolve(type.slice(1), qualify), pointer: true };
  if (type === '[]byte') return { type: 'bytes' };
  if (type.startsWith('[]')) return { ...resolve(type.slice(2), qualify), list: true };
  const map = /^map\[[^\]]+\](.*)$/.exec(type);
  if (map) return { ...resolve(map[1], qualify), ...(map[1].startsWith('[]') && map[1] !== '[]byte' ? { list: false } : {}), map: true };
  const full = qualify(type);
  if (special[full]) return { type: special[full] };
  if (Object.values(scalars).includes(full)) return { type: full };
  if (named.has(full)) {
    const inner = named.get(full);
    // A named list of texts is a message of its own on the wire: its items are field 1.
    if (inner.type === '[]string') return { type: 'texts' };
    return resolve(inner.type, inner.qualify);
  }
  if (!structs.has(full)) throw new Error(`unknown type ${full}`);
  return { type: messageOf(full) };
};
function encode({ type, tags, qualify }, owner) {
  const [, number] = /protobuf:"\w+,(\d+)/.exec(tags) ?? [];
  const [, json = ''] = /json:"([^"]*)"/.exec(tags) ?? [];
  if (number === undefined || json === '-') return undefined;
  const [name, ...options] = json.split(',');
  const resolved = resolve(type, qualify);
  const flags = [
    resolved.list && 'l',
    resolved.map && 'm',
    resolved.pointer && 'p',
    options.includes('omitempty') && 'o',
    options.includes('inline') && 'i',
  ]
    .filter(Boolean)
    .join('');
  if (name === '' && !options.includes('inline')) throw new Error(`${owner}: field ${number} has no name`);
  return [number, [name, resolved.type, flags]];
}

const kinds = {};
for (const [full, fields] of [...structs].sort(([a], [b]) => (a < b ? -1 : 1))) {
  const match = /^k8s\.io\/api\/(\w+)\/(v\d)\.(\w+)$/.exec(full);
  const text = match && fs.readFileSync(path.join(folders.get(`k8s.io/api/${match[1]}/${match[2]}`), 'types.go'), 'utf8');
  if (!match || !fields.length || !new RegExp(`type ${match[3]} struct \\{\\s+metav1.TypeMeta`).test(text) || match[3].endsWith('List'))
    continue;
  const register = fs.readFileSync(path.join(folders.get(`k8s.io/api/${match[1]}/${match[2]}`), 'register.go'), 'utf8');
  const group = /GroupName = "([^"]*)"/.exec(register)?.[1] ?? '';
  kinds[`${group === '' ? '' : `${group}/`}${match[2]}.${match[3]}`] = messageOf(full);
}
kinds.DeleteOptions = messageOf(`${meta}.DeleteOptions`);
fs.writeFileSync(new URL('../src/bridge/protobuf/messages.generated.json', import.meta.url), `${JSON.stringify({ kinds, messages })}\n`);
console.log(`${Object.keys(kinds).length} kinds, ${messages.length} messages`);
