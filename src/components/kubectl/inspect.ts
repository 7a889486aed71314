import type { Inspection } from '#kernel/types.ts';
import type { KubectlState } from './state.ts';

/** What the inspector shows of a kubectl command. */
export function inspectKubectl(context: KubectlState): Inspection {
  const { input, waiting, answers, code } = context;
  const operation = waiting?.operation;
  const doing =
    operation === undefined
      ? ''
      : operation.type === 'calls'
        ? operation.calls.map((call) => `${call.method} ${call.path}`).join(', ')
        : operation.type === 'stream'
          ? `${operation.call.method} ${operation.call.path} (open)`
          : operation.type;
  return {
    summary: `kubectl ${input?.argv.join(' ') ?? ''}`,
    health: code !== undefined && code !== 0 ? 'bad' : operation?.type === 'stream' ? 'waiting' : 'busy',
    sections: [
      {
        type: 'fields',
        title: 'Command',
        rows: [
          ['arguments', input?.argv.join(' ') ?? ''],
          ['user', input?.client.credential.type === 'certificate' ? input.client.credential.user : (input?.client.credential.type ?? '')],
          ['namespace', input?.namespace ?? 'default'],
          ['waiting for', doing],
          ['steps so far', String(answers.length)],
        ],
      },
    ],
  };
}
