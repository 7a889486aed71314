import { encodeBase64 } from '#base/base64.ts';
import type { Context } from '../context.ts';
import { CommandError } from '../errors.ts';
import type { Command } from '../operations.ts';
import { createdKind, createObject, nameOf, requireFlag } from './creator.ts';

/** Keys and texts of `--from-literal`, `--from-file` and `--from-env-file`. Throws in kubectl's words. */
function dataOf(context: Context, add: (key: string) => void): Record<string, string> {
  const { flags } = context;
  const files = context.input.files ?? {};
  const data: Record<string, string> = {};
  const put = (key: string, text: string): void => {
    if (!/^[-._a-zA-Z0-9]+$/.test(key))
      throw new CommandError(
        `${JSON.stringify(key)} is not a valid key name for a ConfigMap: a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`,
      );
    if (key in data)
      throw new CommandError(
        `cannot add key ${JSON.stringify(key)}, another key by that name already exists in Data for ConfigMap ${JSON.stringify(nameOf(context))}`,
      );
    data[key] = text;
    add(key);
  };
  for (const literal of flags.list('from-literal')) {
    const equals = literal.indexOf('=');
    if (equals <= 0) throw new CommandError(`invalid literal source ${literal}, expected key=value`);
    put(literal.slice(0, equals), literal.slice(equals + 1).replace(/^(['"])(.*)\1$/s, '$2'));
  }
  for (const source of flags.list('from-file')) {
    const equals = source.indexOf('=');
    const path = equals < 0 ? source : source.slice(equals + 1);
    const text = files[path];
    if (text !== undefined) put(equals < 0 ? path.slice(path.lastIndexOf('/') + 1) : source.slice(0, equals), text);
    else {
      const prefix = `${path.replace(/\/$/, '')}/`;
      const inside = Object.keys(files).filter((file) => file.startsWith(prefix) && !file.slice(prefix.length).includes('/'));
      if (inside.length === 0) throw new CommandError(`error reading ${path}: no such file or directory`);
      for (const file of inside.sort()) put(file.slice(prefix.length), files[file]!);
    }
  }
  for (const path of flags.list('from-env-file')) {
    const text = files[path];
    if (text === undefined) throw new CommandError(`error reading ${path}: no such file or directory`);
    for (const line of text.split('\n').map((item) => item.trim())) {
      if (line !== '' && !line.startsWith('#')) put(line.split('=')[0]!, line.slice(line.indexOf('=') + 1));
    }
  }
  return data;
}

/** `kubectl create configmap`. */
export function* createConfigMap(context: Context): Command<void> {
  const name = nameOf(context);
  const data = dataOf(context, () => undefined);
  yield* createObject(
    context,
    createdKind('ConfigMap'),
    { ...(Object.keys(data).length > 0 ? { data } : {}), metadata: { name } },
    (message) => new CommandError(`failed to create configmap: ${message}`),
  );
}

const secretFailure = (message: string): CommandError => new CommandError(`failed to create secret ${message}`);

/** `kubectl create secret generic`. */
export function* createGenericSecret(context: Context): Command<void> {
  const data = Object.fromEntries(Object.entries(dataOf(context, () => undefined)).map(([key, text]) => [key, encodeBase64(text)]));
  const type = context.flags.text('type');
  const body = { ...(Object.keys(data).length > 0 ? { data } : {}), metadata: { name: nameOf(context) }, ...(type === '' ? {} : { type }) };
  yield* createObject(context, createdKind('Secret'), body, secretFailure);
}

/** `kubectl create secret tls`. */
export function* createTlsSecret(context: Context): Command<void> {
  const { flags } = context;
  const read = (name: string): string => {
    const path = flags.text(name);
    if (path === '') throw new CommandError('key and cert must be specified');
    const text = (context.input.files ?? {})[path];
    if (text === undefined) throw new CommandError(`open ${path}: no such file or directory`);
    return encodeBase64(text);
  };
  const data = { 'tls.crt': read('cert'), 'tls.key': read('key') };
  yield* createObject(
    context,
    createdKind('Secret'),
    { data, metadata: { name: nameOf(context) }, type: 'kubernetes.io/tls' },
    secretFailure,
  );
}

/** `kubectl create secret docker-registry`. */
export function* createDockerSecret(context: Context): Command<void> {
  const { flags } = context;
  requireFlag(context, 'docker-username', 'docker-password');
  const username = flags.text('docker-username');
  const password = flags.text('docker-password');
  const email = flags.text('docker-email');
  const server = flags.text('docker-server');
  const auths = {
    auths: { [server]: { username, password, ...(email === '' ? {} : { email }), auth: encodeBase64(`${username}:${password}`) } },
  };
  const body = {
    data: { '.dockerconfigjson': encodeBase64(JSON.stringify(auths)) },
    metadata: { name: nameOf(context) },
    type: 'kubernetes.io/dockerconfigjson',
  };
  yield* createObject(context, createdKind('Secret'), body, secretFailure);
}
