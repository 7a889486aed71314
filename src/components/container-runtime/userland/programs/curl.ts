import type { NetAnswer } from '../types.ts';
import { headerOf, hostAddress, parseUrl, reasonOf, type Url } from './http.ts';
import { ask, timeoutOf } from './network.ts';
import { exit, type Call, type Program, type Step } from './program.ts';

const redirectLimit = 50;
const withValue: Readonly<Record<string, string>> = {
  output: 'o',
  request: 'X',
  header: 'H',
  data: 'd',
  'data-raw': 'd',
  'data-binary': 'd',
  'max-time': 'm',
  'connect-timeout': 'm',
  'user-agent': 'A',
  user: 'u',
  'write-out': 'w',
  retry: 'r',
  'retry-delay': 'r',
  cacert: 'r',
  cert: 'r',
  key: 'r',
  resolve: 'r',
};
const flags: Readonly<Record<string, string>> = {
  silent: 's',
  'show-error': 'S',
  fail: 'f',
  location: 'L',
  insecure: 'k',
  head: 'I',
  include: 'i',
  verbose: 'v',
};

interface Options {
  readonly letters: string;
  readonly values: Readonly<Record<string, string>>;
  readonly headers: readonly string[];
  readonly url: string | undefined;
}

function parse(args: readonly string[]): Options {
  let letters = '';
  const values: Record<string, string> = {};
  const headers: string[] = [];
  let url: string | undefined;
  const give = (letter: string, value: string): void => {
    if (letter === 'H') headers.push(value);
    else values[letter] = letter === 'd' && values['d'] !== undefined ? `${values['d']}&${value}` : value;
  };
  for (let index = 0; index < args.length; index++) {
    const arg = args[index]!;
    const long = /^--([\w-]+)$/.exec(arg)?.[1];
    if (long !== undefined) {
      const letter = withValue[long];
      if (letter === undefined) letters += flags[long] ?? '';
      else give(letter, args[++index] ?? '');
    } else if (/^-[a-zA-Z]/.test(arg)) {
      for (let at = 1; at < arg.length; at++) {
        const letter = arg[at]!;
        if (!'oXHdmAuwr'.includes(letter)) {
          letters += letter;
          continue;
        }
        give(letter, at + 1 < arg.length ? arg.slice(at + 1) : (args[++index] ?? ''));
        break;
      }
    } else url = arg;
  }
  return { letters, values, headers, url };
}

/** curl(1), without its progress meter. */
export const curl: Program = {
  run: (call) => {
    const options = parse(call.args);
    if (options.url === undefined) {
      call.err("curl: try 'curl --help' for more information\n");
      return exit(2);
    }
    const memory = (call.memory as { readonly url: string; readonly redirects: number } | undefined) ?? { url: options.url, redirects: 0 };
    const url = parseUrl(memory.url);
    if (url === undefined) return complain(call, options, 3, 'URL rejected: Malformed input to a URL function');
    return call.answer === undefined ? request(call, options, url, memory) : receive(call, options, url, memory.redirects, call.answer);
  },
};

function complain(call: Call, { letters }: Options, code: number, text: string): Step {
  if (!letters.includes('s') || letters.includes('S')) call.err(`curl: (${code}) ${text}\n`);
  return exit(code);
}

const methodOf = ({ values, letters }: Options): string =>
  values['X'] ?? (letters.includes('I') ? 'HEAD' : values['d'] !== undefined ? 'POST' : 'GET');

function request(call: Call, options: Options, url: Url, memory: unknown): Step {
  const { values } = options;
  const host = url.port === (url.scheme === 'https' ? 443 : 80) ? url.host : `${url.host}:${url.port}`;
  const given = options.headers.map((line): [string, string] => [line.split(':')[0]!, line.slice(line.indexOf(':') + 1).trim()]);
  const usual: [string, string][] = [
    ['Host', host],
    ['User-Agent', values['A'] ?? 'curl/8.11.1'],
    ['Accept', '*/*'],
    ...(values['d'] === undefined ? [] : [['Content-Type', 'application/x-www-form-urlencoded'] as [string, string]]),
  ];
  const headers = [...usual.filter(([name]) => headerOf(given, name) === undefined), ...given];
  return ask(
    call,
    {
      ...url,
      type: 'http',
      host: hostAddress(call, url.host),
      method: methodOf(options),
      headers,
      body: values['d'] ?? '',
      timeoutMs: timeoutOf(values['m']),
    },
    memory,
  );
}

function receive(call: Call, options: Options, url: Url, redirects: number, answer: NetAnswer): Step {
  const { letters, values } = options;
  if (answer.type === 'failed') return failed(call, options, url, answer);
  if (answer.type !== 'http') return complain(call, options, 1, 'Received HTTP/0.9 when not allowed');
  const location = headerOf(answer.headers, 'Location');
  const head = `HTTP/1.1 ${answer.status} ${reasonOf(answer.status)}\r\n${answer.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  if (letters.includes('L') && answer.status >= 300 && answer.status < 400 && location !== undefined && redirects < redirectLimit) {
    const next = location.startsWith('/') ? `${url.scheme}://${url.host}:${url.port}${location}` : location;
    return request(call, options, parseUrl(next) ?? url, { url: next, redirects: redirects + 1 });
  }
  const refused = letters.includes('f') && answer.status >= 400;
  const text = (letters.includes('I') || letters.includes('i') ? head : '') + (letters.includes('I') || refused ? '' : answer.body);
  if (values['o'] === undefined || values['o'] === '-') call.out(text);
  else if (values['o'] !== '/dev/null') call.system.files.write(call.path(values['o']), text);
  if (values['w'] !== undefined) call.out(written(values['w'], answer.status, answer.body.length, url));
  return refused ? complain(call, options, 22, `The requested URL returned error: ${answer.status}`) : exit(0);
}

function written(format: string, status: number, size: number, url: Url): string {
  const values: Readonly<Record<string, string>> = {
    http_code: String(status),
    response_code: String(status),
    size_download: String(size),
    url_effective: `${url.scheme}://${url.host}${url.path}`,
    time_total: '0.001000',
  };
  return format.replace(/%\{(\w+)\}/g, (_, name: string) => values[name] ?? '').replaceAll('\\n', '\n');
}

function failed(call: Call, options: Options, url: Url, answer: Extract<NetAnswer, { readonly type: 'failed' }>): Step {
  const timeoutMs = timeoutOf(options.values['m']);
  if (options.values['w'] !== undefined) call.out(written(options.values['w'], 0, 0, url).replace(/^0(?=\n|$)/, '000'));
  switch (answer.failure) {
    case 'bad-address':
    case 'no-resolver':
      return complain(call, options, 6, `Could not resolve host: ${url.host}`);
    case 'timeout':
      return complain(
        call,
        options,
        28,
        timeoutMs === undefined
          ? `Failed to connect to ${url.host} port ${url.port} after 135000 ms: Could not connect to server`
          : `Connection timed out after ${timeoutMs + 1} milliseconds`,
      );
    case 'reset':
      return complain(call, options, 56, 'Recv failure: Connection reset by peer');
    case 'refused':
    case 'unreachable':
      return complain(call, options, 7, `Failed to connect to ${url.host} port ${url.port} after 0 ms: Could not connect to server`);
  }
}
