import type { Listener, ServedRequest, ServedResponse } from '../types.ts';
import { strftime } from './date.ts';
import { decoded, headerOf } from './http.ts';
import { block, exit, type Call, type Program } from './program.ts';
import { byteLength } from './text.ts';
import { agnhostRules, answerByConfiguration, answerByRules } from './webhook.ts';

type Request = Extract<ServedRequest, { readonly type: 'http' }>;
interface Answer {
  readonly body: string;
  readonly status?: number;
  readonly type?: string;
  /** Ends the server after its answer. */
  readonly exit?: number;
  /** It comes after a time; never where that has no end. */
  readonly afterMs?: number;
}
/** An answer that a worker keeps until it is due. */
interface Delayed {
  readonly id: number;
  readonly due: number | undefined;
  readonly response: ServedResponse;
}
interface Memory {
  readonly startedAt: number;
  readonly requests: number;
}
interface Behaviour {
  readonly port: number;
  readonly started?: string;
  readonly answer: (call: Call, request: Request, memory: Memory) => Answer;
  /** How it takes TERM. A program of Go that has no handler ends with 2 as process 1; most others do not notice it there. */
  readonly stops: 'as Go does' | 'well' | 'never';
}

/** A server whose arguments say how it behaves. */
function httpServer(behaviour: (call: Call) => Behaviour): Program {
  const listening = (port: number, memory: Memory) =>
    block({ type: 'serve', listeners: [{ port, protocol: 'http' } satisfies Listener] }, memory);
  return {
    run: (call) => {
      const { port, started } = behaviour(call);
      if (started !== undefined) call.err(started);
      return listening(port, { startedAt: call.system.now, requests: 0 });
    },
    signalled: (call, signal) => {
      const { stops } = behaviour(call);
      if (stops === 'never' || (signal !== 'TERM' && signal !== 'INT')) return undefined;
      return stops === 'well' ? exit(0) : call.task.pid === 1 ? exit(2) : undefined;
    },
    serve: (call, request) => {
      const { port, answer } = behaviour(call);
      const before = call.memory as Memory;
      const memory: Memory = { ...before, requests: before.requests + 1 };
      if (request.type === 'tcp') return { response: { type: 'tcp', data: '' }, step: listening(port, memory) };
      const { body, status = 200, type = 'text/plain; charset=utf-8', exit: code, afterMs = 0 } = answer(call, request, memory);
      const response: ServedResponse = {
        type: 'http',
        status,
        headers: [
          ['Date', strftime('%a, %d %b %Y %H:%M:%S GMT', call.system.now)],
          ['Content-Length', String(byteLength(body))],
          ['Content-Type', type],
        ],
        body: request.method === 'HEAD' ? '' : body,
      };
      if (afterMs > 0) return { response: delayed(call, response, afterMs), step: listening(port, memory) };
      return { response, step: code === undefined ? listening(port, memory) : exit(code) };
    },
  };
}

/** A worker waits with the answer, so that others are served meanwhile. */
function delayed({ system, task }: Call, response: ServedResponse, afterMs: number): ServedResponse {
  const id = system.newId();
  const memory: Delayed = { id, due: afterMs === Infinity ? undefined : system.now + afterMs, response };
  system.spawn(task, { type: 'program', name: 'delayed answer', memory }, task.descriptors, { argv: task.argv });
  return { type: 'later', id };
}
const delayedAnswer: Program = {
  run: (call) => {
    const { id, due, response } = call.memory as Delayed;
    if (due === undefined) return exit(0);
    if (call.system.now < due) return block({ type: 'sleep', until: due }, call.memory);
    call.system.respond(id, response);
    return exit(0);
  },
};

/** Admission webhooks: what rules say. */
const webhookServer = (port: number, answer: (call: Call, request: Request) => Answer): ((call: Call) => Behaviour) => {
  return (call) => ({ stops: 'as Go does', port: Number(option(call, 'port') ?? call.variable('PORT') ?? port), answer });
};
const agnhostWebhook = webhookServer(443, (_, request) =>
  pathOf(request) === '/readyz' ? { body: 'ok' } : answerByRules(agnhostRules, request),
);
const ruledWebhook = webhookServer(8443, (call, request) => {
  if (pathOf(request) === '/healthz') return { body: 'ok' };
  const answered = answerByConfiguration(call, request);
  call.out(`${goTime(call)} ${request.method} ${pathOf(request)} ${answered.status ?? 200}\n`);
  return answered;
});

const pathOf = (request: Request): string => request.path.split('?')[0]!;
const query = (request: Request, name: string): string | undefined => {
  const found = request.path
    .split('?')[1]
    ?.split('&')
    .find((item) => item.startsWith(`${name}=`));
  return found === undefined ? undefined : decoded(found.slice(name.length + 1).replaceAll('+', ' '));
};
const option = (call: Call, name: string): string | undefined => {
  const at = call.args.findIndex((arg) => arg === `--${name}` || arg === `-${name}`);
  return (
    call.args.find((arg) => arg.startsWith(`--${name}=`) || arg.startsWith(`-${name}=`))?.replace(/^[^=]*=/, '') ??
    (at < 0 ? undefined : call.args[at + 1])
  );
};
/** A version with so many parts, as the image's tag has it; the first one where it has none. */
function versionOf(call: Call, parts: number): string {
  const found = /^v?(\d+(?:\.\d+)*)/.exec(call.system.process.tag)?.[1]?.split('.') ?? ['1'];
  return Array.from({ length: parts }, (_, index) => found[index] ?? '0').join('.');
}
const goTime = (call: Call): string => strftime('%Y/%m/%d %H:%M:%S', call.system.now);

/** `agnhost netexec` (test/images/agnhost/netexec/netexec.go). */
const netexec = (call: Call): Behaviour => ({
  stops: 'as Go does',
  port: Number(option(call, 'http-port') ?? 8080),
  started: `${strftime('I%m%d %H:%M:%S', call.system.now)}.000000       1 log.go:245] Started HTTP server on port ${option(call, 'http-port') ?? '8080'}\n`,
  answer: (_, request) => {
    switch (pathOf(request)) {
      case '/hostname':
      case '/hostName':
        return { body: call.system.view.hostname };
      case '/echo':
        return { body: query(request, 'msg') ?? '' };
      case '/clientip':
        return { body: `${request.client}:40000` };
      case '/header':
        return { body: headerOf(request.headers, query(request, 'key') ?? '') ?? '' };
      case '/healthz':
        return { body: '' };
      case '/exit':
        return { body: '', exit: Number(query(request, 'code') ?? 0) };
      case '/':
        return { body: `NOW: ${strftime('%Y-%m-%d %H:%M:%S', call.system.now)}.000000000 +0000 UTC m=+0.000000000` };
      default:
        return { body: '404 page not found\n', status: 404 };
    }
  },
});

/** `agnhost liveness` (test/images/agnhost/liveness/server.go): well for ten seconds. */
const liveness = (): Behaviour => ({
  stops: 'as Go does',
  port: 8080,
  answer: (call, request, memory) => {
    const seconds = (call.system.now - memory.startedAt) / 1000;
    if (pathOf(request) === '/started') return { body: `${seconds}s` };
    if (pathOf(request) !== '/healthz') return { body: '404 page not found\n', status: 404 };
    return seconds > 10 ? { body: `error: ${seconds}`, status: 500 } : { body: 'ok' };
  },
});

const serveHostname = (call: Call): Behaviour => ({
  stops: 'as Go does',
  port: Number(option(call, 'port') ?? 9376),
  answer: () => ({ body: `${call.system.view.hostname}` }),
});

/** The test image of Kubernetes: several programs in one. */
const agnhost: Program = {
  run: (call) => {
    const [verb = 'pause', ...args] = call.args;
    const known = ['liveness', 'netexec', 'pause', 'serve-hostname', 'webhook'].includes(verb);
    if (!known) {
      call.err(`Error: unknown command "${verb}" for "app"\nRun 'app --help' for usage.\n`);
      return exit(1);
    }
    return { type: 'exec', argv: [verb === 'pause' ? 'pause' : `agnhost-${verb}`, ...args] };
  },
};

/** hashicorp/http-echo */
const httpEcho = (call: Call): Behaviour => {
  const port = /(\d+)$/.exec(option(call, 'listen') ?? '')?.[1] ?? '5678';
  return {
    stops: 'as Go does',
    port: Number(port),
    started: `${goTime(call)} [INFO] server is listening on :${port}\n`,
    answer: (_, request) => {
      const body = `${option(call, 'text') ?? call.variable('ECHO_TEXT') ?? 'hello-world'}\n`;
      call.out(
        `${goTime(call)} ${headerOf(request.headers, 'Host') ?? ''} ${request.client} "${request.method} ${request.path} HTTP/1.1" 200 ${body.length} "${headerOf(request.headers, 'User-Agent') ?? ''}"\n`,
      );
      return { body };
    },
  };
};

/** gcr.io/google-samples/hello-app */
const helloApp = (call: Call): Behaviour => {
  const port = call.variable('PORT') ?? '8080';
  return {
    stops: 'as Go does',
    port: Number(port),
    started: `${goTime(call)} Server listening on port ${port}\n`,
    answer: (_, request) => {
      call.err(`${goTime(call)} Serving request: ${pathOf(request)}\n`);
      return { body: `Hello, world!\nVersion: ${versionOf(call, 3)}\nHostname: ${call.system.view.hostname}\n` };
    },
  };
};

/** gcr.io/google-samples/kubernetes-bootcamp */
const bootcamp = (call: Call): Behaviour => ({
  port: 8080,
  stops: 'never',
  started: `Kubernetes Bootcamp App Started At: ${new Date(call.system.now).toISOString()} | Running On:  ${call.system.view.hostname} \n\n`,
  answer: (_, __, memory) => {
    const { hostname } = call.system.view;
    const seconds = (call.system.now - memory.startedAt) / 1000;
    call.out(
      `Running On: ${hostname} | Total Requests: ${memory.requests} | App Uptime: ${seconds} seconds | Log Time: ${new Date(call.system.now).toISOString()}\n`,
    );
    return { body: `Hello Kubernetes bootcamp! | Running on: ${hostname} | v=${versionOf(call, 1)}\n` };
  },
});

/** The pages of a folder, without a log: httpd of busybox, `python3 -m http.server`. */
function pages(call: Call, root: string, request: Request): Answer {
  const { files } = call.system;
  const path = `${root.replace(/\/$/, '')}${decoded(pathOf(request))}`;
  const text = files.read(path.endsWith('/') ? `${path}index.html` : path);
  const type = /\.html?$|\/$/.test(path) ? 'text/html' : 'text/plain';
  return text === undefined
    ? {
        body: '<HTML><HEAD><TITLE>404 Not Found</TITLE></HEAD>\n<BODY><H1>404 Not Found</H1>\nThe requested URL was not found\n</BODY></HTML>\n',
        status: 404,
        type: 'text/html',
      }
    : { body: text, type };
}

/** `httpd -f -p PORT -h FOLDER` of busybox; without `-f` it goes into the background. */
const busyboxHttpd: Program = {
  ...httpServer((call) => ({
    stops: 'never',
    port: Number(/(\d+)$/.exec(short(call, 'p') ?? '80')?.[1] ?? 80),
    answer: (_, request) => pages(call, call.path(short(call, 'h') ?? '.'), request),
  })),
};
const foreground: Program = {
  ...busyboxHttpd,
  run: (call) => {
    if (call.args.some((arg) => /^-[vi]*f/.test(arg))) return busyboxHttpd.run(call);
    const { task, system } = call;
    system.spawn(task, { type: 'program', name: 'httpd', memory: undefined }, task.descriptors, { argv: [...task.argv, '-f'] });
    return exit(0);
  },
};
const short = (call: Call, letter: string): string | undefined => {
  const at = call.args.findIndex((arg) => arg.startsWith('-') && arg.includes(letter));
  const attached = at < 0 ? '' : call.args[at]!.slice(call.args[at]!.indexOf(letter) + 1);
  return at < 0 ? undefined : attached !== '' ? attached : call.args[at + 1];
};

/** Apache's server. */
const apache = (call: Call): Behaviour => {
  const time = strftime('%a %b %d %H:%M:%S.000000 %Y', call.system.now);
  const unnamed = `AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using ${call.system.view.ip}. Set the 'ServerName' directive globally to suppress this message\n`;
  return {
    stops: 'well',
    port: 80,
    started: `${unnamed}${unnamed}[${time}] [mpm_event:notice] [pid 1:tid 1] AH00489: Apache/2.4.65 (Unix) configured -- resuming normal operations\n[${time}] [core:notice] [pid 1:tid 1] AH00094: Command line: 'httpd -D FOREGROUND'\n`,
    answer: (_, request) => {
      const found = pages(call, '/usr/local/apache2/htdocs', request);
      const answer =
        found.status === 404
          ? {
              ...found,
              body: '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>404 Not Found</title>\n</head><body>\n<h1>Not Found</h1>\n<p>The requested URL was not found on this server.</p>\n</body></html>\n',
            }
          : found;
      call.out(
        `${request.client} - - [${strftime('%d/%b/%Y:%H:%M:%S +0000', call.system.now)}] "${request.method} ${request.path} HTTP/1.1" ${answer.status ?? 200} ${byteLength(answer.body)}\n`,
      );
      return answer;
    },
  };
};

/** `python3 -m http.server PORT`; nothing else of Python. */
const python: Program = {
  ...httpServer((call) => ({
    port: Number(call.args[2] ?? 8000),
    stops: 'never',
    answer: (_, request) => {
      const answer = pages(call, option(call, 'directory') ?? call.task.cwd, request);
      call.err(
        `${request.client} - - [${strftime('%d/%b/%Y %H:%M:%S', call.system.now)}] "${request.method} ${request.path} HTTP/1.1" ${answer.status ?? 200} -\n`,
      );
      return answer;
    },
  })),
};

/** π to so many digits, by Machin's formula. */
function pi(digits: number): string {
  const unit = 10n ** BigInt(digits + 10);
  const arctan = (inverse: bigint): bigint => {
    let term = unit / inverse;
    let sum = term;
    for (let index = 3n; term !== 0n; index += 2n) {
      term = -term / (inverse * inverse);
      sum += term / index;
    }
    return sum;
  };
  const text = String((4n * (4n * arctan(5n) - arctan(239n))) / 10n ** 10n);
  return `${text[0]}.${text.slice(1, digits)}`;
}

/** `perl -Mbignum=bpi -wle 'print bpi(2000)'`, the Job of Kubernetes' documentation; nothing else of Perl. */
const perl: Program = {
  run: (call) => {
    const digits = /^\s*print bpi\((\d+)\);?\s*$/.exec(call.args.at(-1) ?? '')?.[1];
    if (digits === undefined) return call.fail('only `print bpi(N)` is known here', 2);
    if (call.memory === undefined) return block({ type: 'sleep', until: call.system.now + Number(digits) * 2 }, true);
    call.out(`${pi(Math.min(10_000, Number(digits)))}\n`);
    return exit(0);
  },
};

/** registry.k8s.io/echoserver: tells what it was asked. */
const echoserver = (call: Call): Behaviour => ({
  stops: 'well',
  port: 8080,
  answer: (_, request) => {
    const [path, search = ''] = request.path.split('?');
    const host = headerOf(request.headers, 'Host') ?? '';
    const headers = [...request.headers].map(([name, value]) => `\t${name.toLowerCase()}=${value}`).sort();
    const lines = [
      `Hostname: ${call.system.view.hostname}`,
      '',
      'Pod Information:',
      '\t-no pod information available-',
      '',
      'Server values:',
      '\tserver_version=nginx: 1.13.3 - lua: 10008',
      '',
      'Request Information:',
      `\tclient_address=${request.client}`,
      `\tmethod=${request.method}`,
      `\treal path=${path}`,
      `\tquery=${search}`,
      '\trequest_version=1.1',
      '\trequest_scheme=http',
      `\trequest_uri=http://${host}:8080${request.path}`,
      '',
      'Request Headers:',
      ...headers,
      '',
      'Request Body:',
      request.body === '' ? '\t-no body in request-' : request.body,
    ];
    return { body: `\n\n${lines.join('\n')}\n\n`, type: 'text/plain' };
  },
});

/** By name. */
export const samplePrograms: Readonly<Record<string, Program>> = {
  agnhost,
  'agnhost-liveness': httpServer(liveness),
  'agnhost-netexec': httpServer(netexec),
  'agnhost-serve-hostname': httpServer(serveHostname),
  'agnhost-webhook': httpServer(agnhostWebhook),
  'admission-webhook': httpServer(ruledWebhook),
  'delayed answer': delayedAnswer,
  bootcamp: httpServer(bootcamp),
  echoserver: httpServer(echoserver),
  'hello-app': httpServer(helloApp),
  'hpa-example': httpServer(() => ({ stops: 'well', port: 80, answer: () => ({ body: 'OK!', type: 'text/html' }) })),
  'http-echo': httpServer(httpEcho),
  httpd: foreground,
  'httpd-foreground': httpServer(apache),
  perl,
  python3: python,
};
