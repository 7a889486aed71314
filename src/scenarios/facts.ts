import type { JournalEntrySummary } from '#session/port.ts';
import type { Fact } from './format.ts';

/** The component that an address belongs to: `minikube/kube-apiserver/request-7` is kube-apiserver. */
export function componentOf(address: string): string {
  const [, process = '', child = ''] = address.split('/');
  if (process === 'terminal') return 'kubectl';
  return process === 'kube-controller-manager' && child !== '' ? child : process;
}

/** What an event answers to the question of a beat. */
export function factOf(fact: Fact, event: Pick<JournalEntrySummary, 'process' | 'label'>): string {
  return fact === 'component' ? componentOf(event.process) : event.label;
}
