import type { NetAnswer } from '../types.ts';
import { baseName } from '../files.ts';
import { headerOf, hostAddress, parseUrl, reasonOf, type Url } from './http.ts';
import { ask, connectComplaint, timeoutOf } from './network.ts';
import { exit, type Call, type Program, type Step } from './program.ts';

const redirectLimit = 20;

interface Options {
  readonly quiet: boolean;
  readonly output: string | undefined;
  readonly spider: boolean;
  readonly showHeaders: boolean;
  readonly timeoutMs: number | undefined;
  readonly body: string | undefined;
  readonly headers: readonly (readonly [string, string])[];
  readonly urls: readonly string[];
}

function parse(args: readonly string[]): Options {
  const urls: string[] = [];
  const headers: (readonly [string, string])[] = [];
  let letters = '';
  let output: string | undefined;
  let prefix = '';
  let timeoutMs: number | undefined;
  let body: string | undefined;
  let agent = 'Wget';
  for (let index = 0; index < args.length; index++) {
    const arg = args[index]!;
    const long = /^--([\w-]+)(?:=([^]*))?$/.exec(arg);
    const short = /^-([a-zA-Z]*?)([OTtUPoY])([^]*)$/.exec(arg);
    if (long !== null) {
      const needs = /^(header|post-data|timeout|output-document|user-agent|tries|directory-prefix)$/.test(long[1]!);
      const value = long[2] ?? (needs ? (args[++index] ?? '') : '');
      if (long[1] === 'spider') letters += 's';
      else if (long[1] === 'quiet') letters += 'q';
      else if (long[1] === 'header') headers.push([value.split(':')[0]!, value.slice(value.indexOf(':') + 1).trim()]);
      else if (long[1] === 'post-data') body = value;
      else if (long[1] === 'timeout') timeoutMs = timeoutOf(value);
      else if (long[1] === 'output-document') output = value;
      else if (long[1] === 'user-agent') agent = value;
      else if (long[1] === 'server-response') letters += 'S';
    } else if (short !== null) {
      letters += short[1]!;
      const value = short[3] === '' ? (args[++index] ?? '') : short[3]!;
      if (short[2] === 'O') output = value;
      else if (short[2] === 'T') timeoutMs = timeoutOf(value);
      else if (short[2] === 'U') agent = value;
      else if (short[2] === 'P') prefix = `${value}/`;
    } else if (/^-[a-zA-Z]/.test(arg)) letters += arg.slice(1);
    else urls.push(arg);
  }
  if (output === undefined && prefix !== '') output = `${prefix}${fileName(urls[0] ?? '')}`;
  return {
    quiet: letters.includes('q'),
    output,
    spider: letters.includes('s'),
    showHeaders: letters.includes('S'),
    timeoutMs,
    body,
    headers: [['User-Agent', agent], ...headers],
    urls,
  };
}

function fileName(url: string): string {
  const path = parseUrl(url)?.path.replace(/\?.*/, '') ?? '/';
  return path.endsWith('/') ? 'index.html' : baseName(path);
}

/** wget of busybox (networking/wget.c). */
export const wget: Program = {
  run: (call) => {
    const options = parse(call.args);
    const [first] = options.urls;
    if (first === undefined) {
      call.err('BusyBox v1.36.1 multi-call binary.\n\nUsage: wget [-cqS] [--spider] [-O FILE] [-o LOGFILE] [--header STR]\n');
      return exit(1);
    }
    const memory = (call.memory as { readonly url: string; readonly redirects: number } | undefined) ?? { url: first, redirects: 0 };
    const url = parseUrl(memory.url);
    if (url === undefined) return call.fail(`not an http or ftp url: ${memory.url}`);
    return call.answer === undefined ? request(call, options, url, memory) : receive(call, options, url, memory.redirects, call.answer);
  },
};

function request(call: Call, options: Options, url: Url, memory: unknown): Step {
  const host = url.port === (url.scheme === 'https' ? 443 : 80) ? url.host : `${url.host}:${url.port}`;
  const headers: [string, string][] = [
    ['Host', host],
    ...options.headers.map(([name, value]): [string, string] => [name, value]),
    ['Connection', 'close'],
  ];
  const method = options.body !== undefined ? 'POST' : options.spider ? 'HEAD' : 'GET';
  return ask(
    call,
    { ...url, type: 'http', host: hostAddress(call, url.host), method, headers, body: options.body ?? '', timeoutMs: options.timeoutMs },
    memory,
  );
}

function receive(call: Call, options: Options, url: Url, redirects: number, answer: NetAnswer): Step {
  if (answer.type === 'failed') {
    if (answer.failure === 'timeout' && options.timeoutMs !== undefined) return call.fail('download timed out');
    return call.fail(answer.failure === 'reset' ? 'error getting response: Connection reset by peer' : connectComplaint(url.host, answer));
  }
  if (answer.type !== 'http') return call.fail('error getting response');
  const say = (text: string): void => (options.quiet ? undefined : call.err(text));
  say(`Connecting to ${url.host} (${answer.address}:${url.port})\n`);
  if (options.showHeaders)
    call.err(
      `  HTTP/1.1 ${answer.status} ${reasonOf(answer.status)}\n${answer.headers.map(([name, value]) => `  ${name}: ${value}\n`).join('')}`,
    );
  const location = headerOf(answer.headers, 'Location');
  if ([301, 302, 303, 307, 308].includes(answer.status) && location !== undefined) {
    if (redirects >= redirectLimit) return call.fail('too many redirections');
    const next = location.startsWith('/') ? `${url.scheme}://${url.host}:${url.port}${location}` : location;
    return request(call, options, parseUrl(next) ?? url, { url: next, redirects: redirects + 1 });
  }
  if (answer.status < 200 || answer.status > 299)
    return call.fail(`server returned error: HTTP/1.1 ${answer.status} ${reasonOf(answer.status)}`.trimEnd());
  if (options.spider) {
    say('remote file exists\n');
    return exit(0);
  }
  return save(call, options, answer.body, say);
}

function save(call: Call, options: Options, body: string, say: (text: string) => void): Step {
  const name = options.output ?? fileName(options.urls[0]!);
  const toOutput = name === '-';
  if (!toOutput && name !== '/dev/null') {
    const path = call.path(name);
    if (options.output === undefined && call.system.files.exists(path)) return call.fail(`can't open '${name}': File exists`);
    const problem = call.system.files.write(path, body);
    if (problem !== undefined) return call.fail(`can't open '${name}': ${problem}`);
  }
  say(toOutput ? 'writing to stdout\n' : `saving to '${name}'\n`);
  if (toOutput) call.out(body);
  const size = String(body.length).padStart(5);
  say(`${name.slice(0, 20).padEnd(20)} 100% |********************************| ${size}  0:00:00 ETA\n`);
  say(toOutput ? 'written to stdout\n' : `'${name}' saved\n`);
  return exit(0);
}
