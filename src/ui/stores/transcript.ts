import { create } from 'zustand';
import type { PacketSummary } from '#session/port.ts';
import { useSession } from './session.ts';

/** One thing that happened in front of the person: a message, and when it was sent. */
export type Happening = Pick<PacketSummary, 'id' | 'from' | 'to' | 'label' | 'sentAt'>;

/** More than this nobody reads. */
const most = 400;

interface Transcript {
  /** Oldest first. */
  readonly lines: readonly Happening[];
}

/** What has happened, without background traffic, in the order in which it was shown. */
export const useTranscript = create<Transcript>(() => ({ lines: [] }));

useSession.subscribe(({ frame }, { frame: before }) => {
  if (frame === undefined || frame.packets === before?.packets) return;
  const { lines } = useTranscript.getState();
  // Where the cursor goes back, or another branch or cluster is shown, what comes is told anew.
  const anew = before === undefined || frame.branch !== before.branch || frame.seq < before.seq;
  const newest = anew ? -1 : (lines.at(-1)?.id ?? -1);
  const fresh = frame.packets.filter(({ id, chatter, sentAt }) => !chatter && id > newest && sentAt <= frame.time);
  if (fresh.length > 0 || anew) useTranscript.setState({ lines: [...(anew ? [] : lines), ...fresh].slice(-most) });
});

/** The component of an address, without its host. */
export const nameOf = (address: string): string => address.slice(address.indexOf('/') + 1);
