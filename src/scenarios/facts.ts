import type { JournalEntrySummary } from '#session/port.ts';
import type { Ask, Fact } from './format.ts';

type Event = Pick<JournalEntrySummary, 'process' | 'from' | 'label' | 'at'>;

/** The component that an address belongs to: `minikube/kube-apiserver/request-7` is kube-apiserver. */
export function componentOf(address: string): string {
  const [, process = '', child = ''] = address.split('/');
  if (/^terminal(-\d+)?$/.test(process)) return 'kubectl';
  return process === 'kube-controller-manager' && child !== '' ? child : process;
}

/** What an event answers to every question. @param before the event of the beat before */
export function factsOf(event: Event, before: Event | undefined): Readonly<Record<Fact, string>> {
  return {
    label: event.label,
    component: componentOf(event.process),
    from: componentOf(event.from),
    seconds: String(before === undefined ? 0 : Math.round((event.at - before.at) / 1000)),
  };
}

/** Whether a prediction is what came. */
export function isRight(ask: Ask, guess: string, fact: string): boolean {
  if (ask.kind !== 'value') return guess === fact;
  const [guessed, came] = [guess.trim(), fact].map(Number) as [number, number];
  if (ask.within !== undefined && Number.isFinite(guessed)) return Math.abs(guessed - came) <= ask.within;
  return guess.trim().toLowerCase() === fact.toLowerCase();
}

/** Whose window a terminal is. */
export const userOf = (terminal: string): string => terminal.slice(0, terminal.indexOf('/'));
