import type { QueueItem } from './state.ts';
import type { JournalEntry, Message, Origin } from './types.ts';
import type { MachineEvent } from './xstate/compile.ts';

/** The type of the message of a machine's own delay. */
export const delayType = 'kernel.delay';
interface DelayMessage extends Message {
  readonly event: MachineEvent;
}
/** A delay of the machine's own (`after`): its event goes to the machine under the name that XState gave it. */
export function isDelay(message: Message): message is DelayMessage {
  return message.type === delayType;
}

/** The event that brought an item about. */
export function causeOf(item: QueueItem): Origin | undefined {
  switch (item.kind) {
    case 'message':
      return { seq: item.packet.cause, story: item.packet.story, chatter: item.packet.chatter };
    case 'timer':
    case 'start':
    case 'stop':
      return item.cause;
    case 'input':
      return undefined;
  }
}

/** What an item of the queue means for the journal. */
export function subjectOf(item: QueueItem): Pick<JournalEntry, 'kind' | 'process' | 'from' | 'message'> {
  switch (item.kind) {
    case 'message':
      return { kind: 'message', process: item.packet.to, from: item.packet.from, message: item.packet.message };
    case 'timer':
      return {
        kind: 'timer',
        process: item.address,
        from: item.address,
        message: isDelay(item.message) ? (item.message.event as Message) : item.message,
      };
    case 'start':
      return { kind: 'start', process: item.start.address, from: item.start.parent ?? 'kernel', message: { type: 'process.start' } };
    case 'stop':
      return { kind: 'stop', process: item.address, from: 'kernel', message: { type: 'process.terminate' } };
    case 'input': {
      const { input } = item;
      if (input.type === 'message') return { kind: 'input', process: input.to, from: 'kernel', message: input.message };
      return { kind: 'input', process: 'address' in input ? input.address : 'kernel', from: 'kernel', message: input };
    }
  }
}
