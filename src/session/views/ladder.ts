import type { JournalEntry, Packet } from '#kernel/types.ts';
import type { Branch } from '../branch.ts';
import { summarizePacket } from '../packets.ts';
import type { GateMark, Rung, ViewAnswers, ViewQuery } from '../view-port.ts';

type Wanted = Extract<ViewQuery, { readonly type: 'ladder' }>;

/** Further back than this many events nobody looks for the newest messages. */
const scanEvents = 120_000;

/** The component that an address is drawn as: requests, controllers and pod workers are part of one. */
const laneOf = (address: string): string => address.split('/').slice(0, 2).join('/');

function rungOf(packet: Packet): Rung | undefined {
  const lanes = [laneOf(packet.from), laneOf(packet.to)] as const;
  if (lanes[0] === lanes[1]) return undefined;
  const { type, id } = packet.message as { readonly type: string; readonly id?: string };
  const client = type === 'http.request' || type === 'http.abort' ? packet.from : packet.to;
  const exchange = type.startsWith('http.') && id !== undefined ? `${client} ${id}` : undefined;
  return { ...summarizePacket(packet), seq: packet.cause, lanes, exchange };
}

function gatesOf(entry: JournalEntry): readonly GateMark[] {
  return entry.notes.flatMap(({ topic, data }) => {
    if (topic !== 'gate' || (data as { readonly gate: string }).gate === 'response') return [];
    const { client, id, gate, verdict, detail = '' } = data as Readonly<Record<'client' | 'id' | 'gate' | 'verdict' | 'detail', string>>;
    return [{ seq: entry.seq, at: entry.at, exchange: `${client} ${id}`, gate, verdict, detail }];
  });
}

/** The newest messages between components, oldest first, and the gates that their requests passed. */
export function ladder(branch: Branch, { from, story, chatter, limit }: Wanted): ViewAnswers['ladder'] {
  const { history, playedSeq } = branch;
  const first = Math.max(1, from, story ?? 1, playedSeq - scanEvents);
  const rungs: Rung[] = [];
  const gates: GateMark[] = [];
  for (let seq = playedSeq; seq >= first && rungs.length < limit; seq--) {
    const entry = history.entry(seq);
    if (entry === undefined) break;
    const wanted = (item: { readonly story: number; readonly chatter: boolean }): boolean =>
      story === undefined ? chatter || !item.chatter : item.story === story;
    if (wanted(entry)) gates.push(...[...gatesOf(entry)].reverse());
    for (let id = entry.firstPacket + entry.packetCount - 1; entry.packetCount > 0 && id >= entry.firstPacket; id--) {
      const packet = history.packet(id);
      const rung = packet === undefined || !wanted(packet) ? undefined : rungOf(packet);
      if (rung !== undefined) rungs.push(rung);
    }
  }
  return { rungs: rungs.reverse(), gates: gates.reverse(), to: playedSeq };
}
