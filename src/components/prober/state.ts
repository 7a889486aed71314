import { late } from '#base/late.ts';
import type { Address, Millis } from '#kernel/types.ts';
import type { ApiCall, ClientConfig } from '#machinery/client.ts';
import type { NetReply } from '#protocol/net.ts';
import type { HttpResponse } from '#protocol/rest.ts';

export type ProbeName = 'prepare' | 'read' | 'write' | 'schedule' | 'heal' | 'serve';

/** How a prober is started: as whom it asks, and what it tries. */
export interface ProberInput {
  readonly client: ClientConfig;
  readonly probes: readonly ProbeName[];
}

/** What a probe asks for: the API, a Service on the network of its host, or time. */
export type Ask = { readonly call: ApiCall } | { readonly dial: string; readonly path: string } | { readonly waitMs: Millis };

export type Answer =
  | HttpResponse
  | NetReply
  | { readonly type: 'waited' }
  | { readonly type: 'silent' }
  | { readonly type: 'unreachable'; readonly reason: string };

export interface Verdict {
  readonly ok: boolean;
  /** What is wrong. */
  readonly text: string;
}

export interface Probe {
  readonly everyMs: Millis;
  readonly run: (turn: number) => Generator<Ask, Verdict, Answer>;
}

/** A probe at work. */
export interface Run {
  readonly turn: number;
  readonly answers: readonly Answer[];
  readonly since: Millis;
  /** Whom it has asked, where it waits for an answer. */
  readonly asked: Address;
}

/** What came of a probe's last turn, and how long that took. */
export interface Result extends Verdict {
  readonly at: Millis;
  readonly ms: Millis;
}

export interface ProberState {
  readonly client: ClientConfig;
  readonly probes: readonly ProbeName[];
  readonly runs: Readonly<Partial<Record<ProbeName, Run>>>;
  readonly results: Readonly<Partial<Record<ProbeName, Result>>>;
  readonly turns: number;
}

/** The probes themselves come when somebody asks for them. */
export const probes = late<Readonly<Record<ProbeName, Probe>>>('the probes');
