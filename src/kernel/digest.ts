import { stableStringify } from '#base/json.ts';
import { hash32 } from '#base/random.ts';
import type { WorldFacts } from './state.ts';
import type { JournalEntry, Message } from './types.ts';

const prime = 0x01000193;
const wordRange = 2 ** 32;

function number(hash: number, value: number): number {
  return Math.imul(Math.imul(hash ^ (value >>> 0), prime) ^ Math.floor(value / wordRange), prime) >>> 0;
}

/** Takes an event up into the digest of everything that has happened. `whole`: with all of its message. */
export function mix(facts: WorldFacts, entry: JournalEntry, whole: boolean): void {
  let hash = number((facts.hash ^ 0x811c9dc5) >>> 0, Math.round(entry.at * 1000));
  hash = hash32(entry.kind, hash);
  hash = hash32(entry.process, hash);
  hash = hash32(entry.from, hash);
  hash = hash32(entry.after, hash);
  hash = number(hash, entry.packetCount);
  hash = message(hash, entry.message, whole);
  // Kept signed: small integers need no place of their own in memory.
  facts.hash = hash | 0;
  facts.hash2 = Math.imul(facts.hash2 ^ hash, 0x85ebca6b);
}

function message(basis: number, content: Message, whole: boolean): number {
  if (whole) return hash32(stableStringify(content), basis);
  const { id, status, path } = content as { readonly id?: unknown; readonly status?: unknown; readonly path?: unknown };
  let hash = hash32(content.type, basis);
  for (const part of [id, status, path]) {
    if (typeof part === 'string') hash = hash32(part, hash);
    else hash = number(hash, typeof part === 'number' ? part : -1);
  }
  return hash;
}

/** The digest as text. */
export function digestText({ hash, hash2 }: Readonly<WorldFacts>): string {
  return (hash >>> 0).toString(16).padStart(8, '0') + (hash2 >>> 0).toString(16).padStart(8, '0');
}
