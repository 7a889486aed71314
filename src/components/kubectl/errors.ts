import { isObject } from '#base/json.ts';
import type { HttpResponse } from '#protocol/rest.ts';

/** An error that ends a command, or one of several that are told together at its end. `message` has no prefix. */
export class CommandError extends Error {
  constructor(
    message: string,
    readonly exitCode = 1,
  ) {
    super(message);
  }

  /** The lines on standard error (cmdutil.checkErr). */
  describe(): string {
    return this.message.startsWith('error: ') ? this.message : `error: ${this.message}`;
  }
}

/** An error that is told word for word, without `error:`. */
export class PlainError extends CommandError {
  override describe(): string {
    return this.message;
  }
}

/** Several errors; each is told on its own (utilerrors.Aggregate under checkErr). */
class ManyErrors extends CommandError {
  constructor(readonly errors: readonly CommandError[]) {
    super(errors.length === 1 ? errors[0]!.message : `[${errors.map((error) => error.message).join(', ')}]`);
  }

  override describe(): string {
    return this.errors.map((error) => error.describe()).join('\n');
  }
}

/** The end of a command without a word (the exit code of a command in a container). */
export class SilentExit extends CommandError {
  constructor(exitCode: number) {
    super('', exitCode);
  }

  override describe(): string {
    return '';
  }
}

interface StatusCause {
  readonly field?: string;
  readonly message?: string;
  readonly reason?: string;
}
interface StatusBody {
  readonly reason: string;
  readonly message: string;
  readonly kind: string;
  readonly name: string;
  readonly causes: readonly StatusCause[];
  readonly hasDetails: boolean;
}

/** An error answer of the API server. Models apimachinery's StatusError and cmdutil.checkErr. */
export class StatusError extends CommandError {
  constructor(
    readonly code: number,
    readonly status: StatusBody,
    wrapped = '',
  ) {
    super(wrapped + status.message);
  }

  get reason(): string {
    return this.status.reason;
  }

  /** The same error, with `error when creating "file": ` before its message (cmdutil.AddSourceToErr). */
  from(verb: string, source: string): StatusError {
    return new StatusError(this.code, this.status, `error when ${verb} ${quote(source)}: `);
  }

  override describe(): string {
    const { reason, kind, name, causes, hasDetails } = this.status;
    if (reason === 'Invalid' && hasDetails) {
      let text = 'The request is invalid';
      if (kind !== '' || name !== '') text = `The ${kind} ${quote(name)} is invalid`;
      else if (causes.length === 0) return `${text}: ${this.message}`;
      if (causes.length === 0) return text;
      const lines = [...new Set(causes.map((cause) => `${cause.field ?? ''}: ${cause.message ?? ''}`))];
      return lines.length === 1 ? `${text}: ${lines[0]!}` : `${text}: \n${lines.map((line) => `* ${line}`).join('\n')}`;
    }
    return reason === '' ? `Error from server: ${this.message}` : `Error from server (${reason}): ${this.message}`;
  }
}

/** What Go's %q makes of a text. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

/** Throws unless the answer is a success. @param asked `get pods web`: completes the message of an answer that is no Status */
export function checked(response: HttpResponse, asked = ''): HttpResponse {
  if (response.status < 400) return response;
  throw statusError(response, asked);
}

/** What client-go says where nothing is served at an address. @param asked `get foos`, `patch foos a` */
export function notServed(asked: string): StatusError {
  const message = `the server could not find the requested resource (${asked})`;
  return new StatusError(404, { reason: 'NotFound', message, kind: '', name: '', causes: [], hasDetails: false });
}

/** What client-go says of an answer that is no Status, by its code (apimachinery/pkg/api/errors, NewGenericServerResponse). */
const genericAnswers: Readonly<Record<number, readonly [reason: string, message: (body: string) => string]>> = {
  404: ['NotFound', () => 'the server could not find the requested resource'],
  500: ['InternalError', (body) => `an error on the server (${quote(body.trim())}) has prevented the request from succeeding`],
  503: ['ServiceUnavailable', () => 'the server is currently unable to handle the request'],
  504: ['Timeout', () => 'the server was unable to return a response in the time allotted, but may still be processing the request'],
};

/** An error answer as an error. */
export function statusError(response: HttpResponse, asked = ''): StatusError {
  const { body, status } = response;
  if (!isObject(body)) {
    const [reason, message] = genericAnswers[status] ?? ['', (text: string) => text];
    const about = asked === '' || reason === '' ? '' : ` (${asked})`;
    return new StatusError(status, { reason, message: message(String(body)) + about, kind: '', name: '', causes: [], hasDetails: false });
  }
  const details = isObject(body['details']) ? body['details'] : {};
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  return new StatusError(status, {
    reason: text(body['reason']),
    message: text(body['message']),
    kind: text(details['kind']),
    name: text(details['name']),
    causes: Array.isArray(details['causes']) ? (details['causes'] as readonly StatusCause[]) : [],
    hasDetails: isObject(body['details']),
  });
}

/** What kubectl says where no server answers. */
export function connectionError(reason: string, server = '127.0.0.1:6443'): CommandError {
  if (reason === 'connection refused')
    return new PlainError(`The connection to the server ${server} was refused - did you specify the right host or port?`);
  if (reason === 'no route to host')
    return new PlainError(`Unable to connect to the server: dial tcp ${server}: connect: no route to host`);
  if (reason === 'timed out')
    return new PlainError('Unable to connect to the server: net/http: request canceled (Client.Timeout exceeded while awaiting headers)');
  return new PlainError('Unable to connect to the server: unexpected EOF');
}

/** A wrong use of a command (cmdutil.UsageErrorf). */
export function usageError(command: string, message: string): CommandError {
  return new CommandError(`${message}\nSee '${command} -h' for help and examples`);
}

/** One error for several, nothing for none. */
export function throwAll(errors: readonly CommandError[]): void {
  if (errors.length === 1) throw errors[0]!;
  if (errors.length > 1) throw new ManyErrors(errors);
}
