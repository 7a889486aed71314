import { patternSource, safeExpression } from '../shell/pattern.ts';

/** What a Redis holds. */
export interface Store {
  readonly values: Readonly<Record<string, string>>;
  readonly lists: Readonly<Record<string, readonly string[]>>;
  readonly config: Readonly<Record<string, string>>;
}

/** Undefined is nil. */
export type Reply =
  string | number | undefined | { readonly status: string } | { readonly error: string } | { readonly items: readonly Reply[] };

type Command = (store: Store, args: readonly string[]) => { readonly reply: Reply; readonly store: Store };

const ok: Reply = { status: 'OK' };
const reads =
  (work: (store: Store, args: readonly string[]) => Reply): Command =>
  (store, args) => ({ reply: work(store, args), store });

const withValue = (store: Store, key: string, value: string): Store => ({ ...store, values: { ...store.values, [key]: value } });

function without<T>(record: Readonly<Record<string, T>>, keys: readonly string[]): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key)));
}

function increment(by: (args: readonly string[]) => number): Command {
  return (store, args) => {
    const [key = ''] = args;
    const before = store.values[key] ?? '0';
    if (!/^-?\d+$/.test(before)) return { reply: { error: 'ERR value is not an integer or out of range' }, store };
    const value = Number(before) + by(args);
    return { reply: value, store: withValue(store, key, String(value)) };
  };
}

function push(atEnd: boolean): Command {
  return (store, [key = '', ...items]) => {
    const before = store.lists[key] ?? [];
    const list = atEnd ? [...before, ...items] : [...[...items].reverse(), ...before];
    return { reply: list.length, store: { ...store, lists: { ...store.lists, [key]: list } } };
  };
}

function pop(atEnd: boolean): Command {
  return (store, [key = '']) => {
    const before = store.lists[key] ?? [];
    const list = atEnd ? before.slice(0, -1) : before.slice(1);
    const lists = list.length === 0 ? without(store.lists, [key]) : { ...store.lists, [key]: list };
    return { reply: atEnd ? before.at(-1) : before[0], store: { ...store, lists } };
  };
}

const keysOf = (store: Store): readonly string[] => [...Object.keys(store.values), ...Object.keys(store.lists)];
const pattern = (text: string): RegExp => safeExpression(`^${patternSource([{ text, quoted: false }])}$`);

/** `2mb` of the configuration in bytes. */
function bytes(text: string): string {
  const match = /^(\d+)([kmg]b?)?$/i.exec(text);
  if (match?.[2] === undefined) return text;
  const unit = match[2].toLowerCase();
  const base = unit.endsWith('b') ? 1024 : 1000;
  return String(Number(match[1]) * base ** ('kmg'.indexOf(unit[0]!) + 1));
}

const commands: Readonly<Record<string, Command | undefined>> = {
  ping: reads((_, [text]) => text ?? { status: 'PONG' }),
  echo: reads((_, [text = '']) => text),
  select: reads(() => ok),
  auth: reads(() => ok),
  set: (store, [key = '', value = '', ...options]) => {
    if (options.some((option) => /^nx$/i.test(option)) && store.values[key] !== undefined) return { reply: undefined, store };
    return { reply: ok, store: withValue(store, key, value) };
  },
  setnx: (store, [key = '', value = '']) =>
    store.values[key] === undefined ? { reply: 1, store: withValue(store, key, value) } : { reply: 0, store },
  get: reads((store, [key = '']) =>
    store.lists[key] === undefined ? store.values[key] : { error: 'WRONGTYPE Operation against a key holding the wrong kind of value' },
  ),
  mget: reads((store, keys) => ({ items: keys.map((key) => store.values[key]) })),
  append: (store, [key = '', text = '']) => {
    const value = (store.values[key] ?? '') + text;
    return { reply: value.length, store: withValue(store, key, value) };
  },
  strlen: reads((store, [key = '']) => (store.values[key] ?? '').length),
  del: (store, keys) => {
    const found = keysOf(store).filter((key) => keys.includes(key)).length;
    return { reply: found, store: { ...store, values: without(store.values, keys), lists: without(store.lists, keys) } };
  },
  exists: reads((store, keys) => keys.filter((key) => keysOf(store).includes(key)).length),
  keys: reads((store, [text = '*']) => ({ items: keysOf(store).filter((key) => pattern(text).test(key)) })),
  dbsize: reads((store) => keysOf(store).length),
  type: reads((store, [key = '']) => ({
    status: store.values[key] !== undefined ? 'string' : store.lists[key] !== undefined ? 'list' : 'none',
  })),
  flushall: (store) => ({ reply: ok, store: { ...store, values: {}, lists: {} } }),
  flushdb: (store) => ({ reply: ok, store: { ...store, values: {}, lists: {} } }),
  incr: increment(() => 1),
  decr: increment(() => -1),
  incrby: increment(([, by = '0']) => Number(by)),
  lpush: push(false),
  rpush: push(true),
  lpop: pop(false),
  rpop: pop(true),
  llen: reads((store, [key = '']) => (store.lists[key] ?? []).length),
  lrange: reads((store, [key = '', from = '0', to = '-1']) => {
    const list = store.lists[key] ?? [];
    return { items: list.slice(Number(from), Number(to) === -1 ? undefined : Number(to) + 1) };
  }),
  ttl: reads((store, [key = '']) => (keysOf(store).includes(key) ? -1 : -2)),
  config: (store, [verb = '', name = '', value = '']) => {
    if (/^set$/i.test(verb)) return { reply: ok, store: { ...store, config: { ...store.config, [name.toLowerCase()]: value } } };
    const found = Object.entries(store.config).filter(([key]) => pattern(name.toLowerCase()).test(key));
    return { reply: { items: found.flatMap(([key, text]) => [key, key === 'maxmemory' ? bytes(text) : text]) }, store };
  },
  info: reads(
    (store) =>
      `# Server\r\nredis_mode:standalone\r\n\r\n# Replication\r\nrole:master\r\nconnected_slaves:0\r\n\r\n# Keyspace\r\ndb0:keys=${keysOf(store).length},expires=0,avg_ttl=0\r\n`,
  ),
};

/** Runs one command. */
export function execute(store: Store, words: readonly string[]): { readonly reply: Reply; readonly store: Store } {
  const [name = '', ...args] = words;
  const command = commands[name.toLowerCase()];
  if (command !== undefined) return command(store, args);
  return { reply: { error: `ERR unknown command '${name}', with args beginning with: ${args.map((arg) => `'${arg}' `).join('')}` }, store };
}
