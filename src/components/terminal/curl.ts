import type { NetOutcome } from '#protocol/net.ts';
import { dial, type Shell } from './operations.ts';
import { plainPath } from './paths.ts';

interface Options {
  readonly url: string;
  readonly method: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  readonly show: 'body' | 'head' | 'both';
  readonly silent: boolean;
  readonly fail: boolean;
  readonly file: string | undefined;
}

const withValue: ReadonlySet<string> = new Set(['X', 'H', 'd', 'o', 'A', 'm', 'w', 'u']);
const longNames: Readonly<Record<string, string>> = {
  '--request': 'X',
  '--header': 'H',
  '--data': 'd',
  '--output': 'o',
  '--user-agent': 'A',
  '--max-time': 'm',
  '--write-out': 'w',
  '--user': 'u',
  '--head': 'I',
  '--include': 'i',
  '--silent': 's',
  '--fail': 'f',
  '--location': 'L',
  '--show-error': 'S',
  '--insecure': 'k',
  '--verbose': 'v',
};

/** Letters with their values, and what is no option; a text where it cannot be understood. */
function letters(
  args: readonly string[],
): { readonly given: readonly (readonly [string, string])[]; readonly urls: readonly string[] } | string {
  const given: (readonly [string, string])[] = [];
  const urls: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index]!;
    if (!arg.startsWith('-') || arg === '-') {
      urls.push(arg);
      continue;
    }
    let rest = arg.startsWith('--') ? (longNames[arg] ?? '') : arg.slice(1);
    if (rest === '') return `curl: option ${arg}: is unknown\ncurl: try 'curl --help' or 'curl --manual' for more information\n`;
    while (rest !== '') {
      const letter = rest[0]!;
      rest = rest.slice(1);
      if (!withValue.has(letter)) given.push([letter, '']);
      else {
        given.push([letter, rest === '' ? (args[++index] ?? '') : rest]);
        rest = '';
      }
    }
  }
  return { given, urls };
}

function optionsOf(args: readonly string[]): Options | string {
  const read = letters(args);
  if (typeof read === 'string') return read;
  const { given, urls } = read;
  const all = (letter: string): readonly string[] => given.filter(([name]) => name === letter).map(([, value]) => value);
  const has = (letter: string): boolean => all(letter).length > 0;
  const data = all('d');
  const [url] = urls;
  if (url === undefined) return "curl: (2) no URL specified\ncurl: try 'curl --help' or 'curl --manual' for more information\n";
  return {
    url,
    method: all('X')[0] ?? (has('I') ? 'HEAD' : data.length > 0 ? 'POST' : 'GET'),
    headers: all('H').map((text) => [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1).trim()] as const),
    body: data.join('&'),
    show: has('I') ? 'head' : has('i') ? 'both' : 'body',
    silent: has('s') && !has('S'),
    fail: has('f'),
    file: all('o')[0],
  };
}

interface Outcome {
  readonly out: string;
  readonly err: string;
  readonly code: number;
}
const failed = (code: number, text: string, silent: boolean): Outcome => ({
  out: '',
  err: silent ? '' : `curl: (${code}) ${text}\n`,
  code,
});

/** `curl`, to ports of this computer: those that `kubectl port-forward` has opened. */
export function* curl(args: readonly string[]): Shell<Outcome> {
  const options = optionsOf(args);
  if (typeof options === 'string') return { out: '', err: options, code: 2 };
  const { url, method, headers, body, silent, fail, file } = options;
  const match = /^(?:(https?):\/\/)?([^/:]+)(?::(\d+))?(\/.*)?$/i.exec(url);
  if (match === null) return failed(3, 'URL rejected: Malformed input to a URL function', silent);
  const [, scheme = 'http', host = '', portText, path = '/'] = match;
  const port = Number(portText ?? (scheme.toLowerCase() === 'https' ? 443 : 80));
  const here = host === 'localhost' || host.startsWith('127.');
  if (!here && !/^[\d.]+$/.test(host)) return failed(6, `Could not resolve host: ${host}`, silent);
  const refused = failed(7, `Failed to connect to ${host} port ${port} after 0 ms: Couldn't connect to server`, silent);
  if (!here) return refused;
  const own = [
    ['Host', portText === undefined ? host : `${host}:${port}`],
    ['User-Agent', 'curl/8.5.0'],
    ['Accept', '*/*'],
    ...(method === 'POST' && body !== '' ? [['Content-Type', 'application/x-www-form-urlencoded']] : []),
  ].filter(([name]) => !headers.some(([given]) => given.toLowerCase() === name!.toLowerCase())) as [string, string][];
  const outcome = yield* dial(port, { type: 'http', method, path, headers: [...own, ...headers], body });
  if (outcome.type === 'tcp') return failed(1, 'Received HTTP/0.9 when not allowed', silent);
  if (outcome.type !== 'http') return refused;
  if (fail && outcome.status >= 400) return failed(22, `The requested URL returned error: ${outcome.status}`, silent);
  const text = shown(outcome, options.show);
  if (file === undefined || file === '/dev/null') return { out: file === undefined ? text : '', err: '', code: 0 };
  yield { type: 'write-file', path: plainPath(file), content: text };
  return { out: '', err: '', code: 0 };
}

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  301: 'Moved Permanently',
  302: 'Found',
  404: 'Not Found',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
};

function shown({ status, headers, body }: Extract<NetOutcome, { readonly type: 'http' }>, show: Options['show']): string {
  if (show === 'body') return body;
  const head = [
    `HTTP/1.1 ${status} ${reasons[status] ?? ''}`.trimEnd(),
    ...headers.map(([name, value]) => `${name}: ${value}`),
    '',
    '',
  ].join('\n');
  return show === 'head' ? head : head + body;
}
