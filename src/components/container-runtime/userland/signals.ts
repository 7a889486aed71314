import type { SignalName } from './types.ts';

/** Numbers of Linux on x86-64. */
export const signalNumbers: Readonly<Record<SignalName, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  KILL: 9,
  USR1: 10,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  CHLD: 17,
  CONT: 18,
  STOP: 19,
  WINCH: 28,
};

/** `TERM`, `SIGTERM`, `term` or `15`; undefined where there is no such signal. */
export function signalNamed(text: string): SignalName | undefined {
  const name = text.toUpperCase().replace(/^SIG/, '');
  return (Object.keys(signalNumbers) as SignalName[]).find((key) => key === name || String(signalNumbers[key]) === name);
}

/** Signals that do nothing to a process that has not asked for them. */
export const harmless: ReadonlySet<SignalName> = new Set(['CHLD', 'CONT', 'STOP', 'WINCH']);
