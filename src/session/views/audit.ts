import type { JournalEntry } from '#kernel/types.ts';
import type { Branch } from '../branch.ts';
import type { AuditLine, ViewAnswers, ViewQuery } from '../view-port.ts';

/** What the API server notes of a request. */
interface Noted {
  readonly at: number;
  readonly ms: number;
  readonly stage: string;
  readonly user: string;
  readonly agent: string;
  readonly verb: string;
  readonly uri: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly group?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly code: number;
  readonly reason?: string;
  readonly message?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly request?: unknown;
  readonly response?: unknown;
}

/** metav1.MicroTime. */
const microTime = (ms: number): string => new Date(ms).toISOString().replace('Z', '000Z');

/** A UUID that the event's number makes, so that the same run has the same log. */
const auditId = (seq: number): string => `00000000-0000-4000-8000-${seq.toString(16).padStart(12, '0')}`;

/** A note as an Event of audit.k8s.io/v1 (apiserver/pkg/apis/audit/v1 types.go), at the level RequestResponse for writes. */
function auditEvent({ seq, at }: JournalEntry, noted: Noted): object {
  const { resource, group, namespace, name, subresource, reason, message } = noted;
  const written = noted.request !== undefined || noted.response !== undefined;
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: written ? 'RequestResponse' : 'Metadata',
    auditID: auditId(seq),
    stage: noted.stage,
    requestURI: noted.uri,
    verb: noted.verb,
    user: { username: noted.user },
    userAgent: noted.agent,
    ...(resource === undefined
      ? {}
      : { objectRef: { resource, namespace, name, apiGroup: group, apiVersion: versionOf(noted.uri), subresource } }),
    responseStatus: {
      metadata: {},
      ...(reason === undefined ? {} : { status: 'Failure', message, reason }),
      code: noted.code,
    },
    ...(noted.request === undefined ? {} : { requestObject: noted.request }),
    ...(noted.response === undefined ? {} : { responseObject: noted.response }),
    requestReceivedTimestamp: microTime(noted.at),
    stageTimestamp: microTime(at),
    ...(noted.annotations === undefined ? {} : { annotations: noted.annotations }),
  };
}

const versionOf = (uri: string): string => /^\/(?:api|apis\/[^/]+)\/([^/?]+)/.exec(uri)?.[1] ?? '';

function lineOf(entry: JournalEntry): AuditLine | undefined {
  const data = entry.notes.find(({ topic }) => topic === 'audit')?.data as Noted | undefined;
  if (data === undefined) return undefined;
  const { user, verb, uri, code, ms } = data;
  return { seq: entry.seq, at: entry.at, user, verb, uri, code, ms, event: auditEvent(entry, data) };
}

/** The audit log up to the cursor, newest first. */
export function audit(branch: Branch, { from, limit, chatter }: Extract<ViewQuery, { readonly type: 'audit' }>): ViewAnswers['audit'] {
  const { history } = branch;
  const to = history.world.seq;
  const lines: AuditLine[] = [];
  for (let seq = to; seq > from && lines.length < limit; seq--) {
    const entry = history.entry(seq);
    const line = entry === undefined || (entry.chatter && !chatter) ? undefined : lineOf(entry);
    if (line !== undefined) lines.push(line);
  }
  return { lines, to };
}
