import type { SortedMap } from '#base/sorted-map.ts';
import type { ClientConfig } from '#machinery/client.ts';
import type { EventLog } from '#machinery/events.ts';
import type { Expectation, Expectations, Observation } from '#machinery/expectations.ts';
import type { KeyDue, WorkQueue } from '#machinery/work-queue.ts';
import type { Outcome } from '#kernel/step.ts';
import type { EventOf, Origin, StartMessage, UndeliverableMessage } from '#kernel/types.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import type { Caches } from './controller.ts';

export interface ControllerInput {
  readonly name: string;
}
export interface EnqueueMessage {
  readonly type: 'controller.enqueue';
  readonly keys: readonly string[];
  /** What was seen of what this loop has asked for. */
  readonly observed: readonly Observation[];
  /** Not before this has passed; a key that is due earlier stays so (AddAfter). */
  readonly afterMs: number;
}
/** The connection to the API server broke: what it was asked for and has not answered has failed. */
export interface DisconnectedMessage {
  readonly type: 'controller.disconnected';
}
/** The service account is to be asked for again. */
export interface AskAgain {
  readonly type: 'account.retry';
}

/** A key that is being worked on: the caches as they were when it was begun, and the answers so far. */
export interface Run {
  readonly caches: Caches;
  readonly now: number;
  readonly origin: Origin;
  readonly answers: readonly (readonly HttpResponse[])[];
  readonly waiting: number;
  readonly arrived: readonly (HttpResponse | undefined)[];
  /** What the calls that are under way will show when they work. */
  readonly expects: readonly (Expectation | undefined)[];
  readonly satisfied: boolean;
  readonly id: number;
}

export interface ControllerState {
  readonly name: string;
  readonly client: ClientConfig | undefined;
  readonly manager: ClientConfig | undefined;
  readonly queue: WorkQueue;
  readonly running: SortedMap<Run>;
  readonly memories: SortedMap<unknown>;
  /** Keys whose last sync was long, until when they rest: what happens meanwhile is looked at together. */
  readonly resting: SortedMap<number>;
  readonly expectations: Expectations;
  readonly nextRun: number;
  readonly reported: EventLog;
  readonly synced: number;
}

type Message =
  StartMessage<ControllerInput> | EnqueueMessage | DisconnectedMessage | KeyDue | AskAgain | HttpResponse | UndeliverableMessage;
export type ControllerEvent = EventOf<Message>;
export type Result = Outcome<ControllerState>;
