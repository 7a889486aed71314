import type { Json } from '#base/json.ts';
import type { NetOutcome, NetPayload } from './net.ts';

/**
 * HTTP as the API server's clients speak it. Every client (kubectl, controllers, kubelets, a real client behind the
 * bridge) sends `http.request` to the API server's address and gets one `http.response`; a watch gets its response
 * (status 200, no body) first and then `http.chunk`s until `http.end`. The API server speaks the same way to kubelets
 * (logs, commands in containers) and webhooks. A response without a body begins a stream.
 */

/** How a client says who it is. */
export type Credential =
  | { readonly type: 'certificate'; readonly user: string; readonly groups: readonly string[] }
  | { readonly type: 'token'; readonly token: string }
  | { readonly type: 'none' };

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Media types that matter to the API server. */
export const mediaTypes = {
  json: 'application/json',
  protobuf: 'application/vnd.kubernetes.protobuf',
  table: 'application/json;as=Table;v=v1;g=meta.k8s.io',
  mergePatch: 'application/merge-patch+json',
  strategicMergePatch: 'application/strategic-merge-patch+json',
  jsonPatch: 'application/json-patch+json',
  applyPatch: 'application/apply-patch+yaml',
} as const;

export interface HttpRequest {
  readonly type: 'http.request';
  /** Unique for the sender while the request is open; repeated in all answers. */
  readonly id: string;
  readonly method: HttpMethod;
  /** Without the query: `/api/v1/namespaces/default/pods`. */
  readonly path: string;
  /** Decoded query parameters. */
  readonly query: Readonly<Record<string, string>>;
  readonly accept: string;
  /** Absent where the body is absent (or a client omits it). */
  readonly contentType?: string | undefined;
  readonly userAgent: string;
  readonly credential: Credential;
  readonly impersonate?:
    { readonly user: string; readonly groups?: readonly string[] | undefined; readonly uid?: string | undefined } | undefined;
  /** Parsed JSON or YAML; a string where the text could not be parsed (the server answers for it). */
  readonly body?: Json | undefined;
  /** Asks for a connection with streams in both directions (WebSocket, SPDY); without one, such paths are refused. */
  readonly upgrade?: true | undefined;
}

export interface HttpResponse {
  readonly type: 'http.response';
  readonly id: string;
  readonly status: number;
  readonly contentType: string;
  /** Texts of `Warning: 299` headers. */
  readonly warnings?: readonly string[] | undefined;
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Seconds, with 429 and 503. */
  readonly retryAfter?: number | undefined;
  /** Objects are shared by reference and frozen. Text for plain-text answers. */
  readonly body: Json;
}

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
export interface WatchEvent {
  readonly type: WatchEventType;
  readonly object: Json;
}

/**
 * Something on one of the streams of an upgraded connection (k8s.io/apimachinery remotecommand, portforward). `error` ends
 * a command with the Status of how it went; a forwarded connection is one request and one answer.
 */
export type StreamFrame =
  | { readonly stream: 'stdin' | 'stdout' | 'stderr'; readonly text: string }
  | { readonly stream: 'stdin-end' }
  | { readonly stream: 'error'; readonly status: Json }
  | { readonly stream: 'dial'; readonly connection: number; readonly port: number; readonly payload: NetPayload }
  | { readonly stream: 'answer'; readonly connection: number; readonly port: number; readonly outcome: NetOutcome };

/** A part of a streamed answer: events of a watch, text of a followed log, or frames of an upgraded connection. */
export interface HttpChunk {
  readonly type: 'http.chunk';
  readonly id: string;
  readonly events?: readonly WatchEvent[] | undefined;
  readonly text?: string | undefined;
  readonly frames?: readonly StreamFrame[] | undefined;
}

/** What a client sends over an upgraded connection. */
export interface HttpInput {
  readonly type: 'http.input';
  readonly id: string;
  readonly frames: readonly StreamFrame[];
}

/** The server ends a stream (time-out of a watch, shut-down). */
export interface HttpEnd {
  readonly type: 'http.end';
  readonly id: string;
}

/** The client gives an open request up. */
export interface HttpAbort {
  readonly type: 'http.abort';
  readonly id: string;
}

export type HttpServerMessage = HttpRequest | HttpInput | HttpAbort;
export type HttpClientMessage = HttpResponse | HttpChunk | HttpEnd;
