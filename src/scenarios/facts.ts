import type { JournalEntrySummary } from '#session/port.ts';
import type { Fact } from './format.ts';

/** The component that an address belongs to: `minikube/kube-apiserver/request-7` is kube-apiserver. */
export function componentOf(address: string): string {
  const [, process = '', child = ''] = address.split('/');
  if (/^terminal(-\d+)?$/.test(process)) return 'kubectl';
  return process === 'kube-controller-manager' && child !== '' ? child : process;
}

/** What an event answers to the question of a beat. */
export function factOf(fact: Fact, event: Pick<JournalEntrySummary, 'process' | 'from' | 'label'>): string {
  if (fact === 'label') return event.label;
  return componentOf(fact === 'component' ? event.process : event.from);
}

/** Whose window a terminal is. */
export const userOf = (terminal: string): string => terminal.slice(0, terminal.indexOf('/'));
