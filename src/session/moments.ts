import type { JournalEntry, Packet } from '#kernel/types.ts';
import { summarizeEntry } from './entries.ts';
import { readMessage } from './packets.ts';

/**
 * A moment of a run, described by what happens and not by where it stands in the journal. Each field that is given must
 * fit: an address (with or without its host) or a label, where `*` stands for any text.
 */
export interface Moment {
  /** Who handles the event: `etcd`, `kube-controller-manager/deployment-controller`, `kubelet/pod-*`. */
  readonly process?: string | undefined;
  /** Who sent it. */
  readonly from?: string | undefined;
  /** What it is: `POST deployments`, `201`, `ADDED Pod web-*`, `txn /registry/deployments/default/web`. */
  readonly label?: string | undefined;
  /** A gate of the API server that a request passes now, or is refused at. */
  readonly gate?: string | undefined;
  readonly verdict?: 'passed' | 'refused' | undefined;
  /** The gate's client. */
  readonly client?: string | undefined;
  /** A message that got lost on its way: where it would have arrived. */
  readonly lost?: boolean | undefined;
}

const patterns = new Map<string, RegExp>();

function fits(pattern: string, text: string): boolean {
  let expression = patterns.get(pattern);
  if (expression === undefined) {
    expression = new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
    patterns.set(pattern, expression);
  }
  return expression.test(text);
}

/** `minikube/etcd` as `etcd`: lessons name components, not the hosts that they happen to run on. */
const withoutHost = (address: string): string => address.slice(address.indexOf('/') + 1);
const fitsAddress = (pattern: string, address: string): boolean => fits(pattern, address) || fits(pattern, withoutHost(address));

/** Whether an event is the moment. */
export function isMoment(moment: Moment, entry: JournalEntry): boolean {
  const { process, from, label, gate, verdict, client, lost = false } = moment;
  if (process !== undefined && !fitsAddress(process, entry.process)) return false;
  if (from !== undefined && !fitsAddress(from, entry.from)) return false;
  if (label !== undefined && !fits(label, summarizeEntry(entry).label)) return false;
  if (entry.notes.some(({ topic }) => topic === 'lost') !== lost) return false;
  if (gate === undefined && verdict === undefined && client === undefined) return true;
  return entry.notes.some(({ topic, data }) => {
    if (topic !== 'gate') return false;
    const seen = data as { readonly gate: string; readonly verdict: string; readonly client: string };
    return (
      (gate === undefined || seen.gate === gate) &&
      (verdict === undefined || seen.verdict === verdict) &&
      (client === undefined || fitsAddress(client, seen.client))
    );
  });
}

/** Whether a packet under way will be the moment when it arrives. */
export function isPacketOf({ process, from, label }: Moment, packet: Packet): boolean {
  return (
    (process === undefined || fitsAddress(process, packet.to)) &&
    (from === undefined || fitsAddress(from, packet.from)) &&
    (label === undefined || fits(label, readMessage(packet.message).label))
  );
}
