import { setup } from 'xstate';
import { SortedMap } from '#base/sorted-map.ts';
import { step, type Outcome } from '#kernel/step.ts';
import type { ChildExitedMessage, Effect, EventOf, StartMessage } from '#kernel/types.ts';
import type { ClientConfig } from '#machinery/client.ts';
import type { CommandDone, CommandOutput } from '#protocol/command.ts';

/** Who runs the script: the client configuration of every command. */
export interface ScriptRunnerInput {
  readonly client: ClientConfig;
  /** Commands that run by themselves, each some time after the start. */
  readonly script?: readonly (Omit<ScriptRunMessage, 'type'> & { readonly afterMs: number })[] | undefined;
}

/** Runs one kubectl command beside whatever else runs; `run` names it in the results. */
export interface ScriptRunMessage {
  readonly type: 'script.run';
  readonly run: string;
  readonly argv: readonly string[];
  readonly stdin?: string | undefined;
  readonly files?: Readonly<Record<string, string>> | undefined;
  /** A shell command that edits the file it is given, as `KUBE_EDITOR`. */
  readonly editor?: string | undefined;
}

/** What a command has printed so far, and its exit code once it has ended. */
export interface ScriptRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | undefined;
}

export interface ScriptRunnerState {
  readonly client: ClientConfig | undefined;
  readonly runs: SortedMap<ScriptRun>;
}

type ScriptRunnerMessage = StartMessage<ScriptRunnerInput> | ScriptRunMessage | CommandOutput | CommandDone | ChildExitedMessage;
type ScriptRunnerEvent = EventOf<ScriptRunnerMessage>;

/** A child's run is the last part of its address. */
const runOf = (address: string): string => address.slice(address.lastIndexOf('/') + 1);

function change(state: ScriptRunnerState, run: string, update: (known: ScriptRun) => ScriptRun): Outcome<ScriptRunnerState> {
  const known = state.runs.get(run) ?? { stdout: '', stderr: '', code: undefined };
  return { context: { ...state, runs: state.runs.set(run, update(known)) }, effects: [] };
}

function handle(state: ScriptRunnerState, event: ScriptRunnerEvent): Outcome<ScriptRunnerState> {
  const { message } = event;
  switch (message.type) {
    case 'process.start': {
      const { client, script = [] } = message.input;
      const effects = script.map(({ afterMs, ...run }): Effect => ({
        type: 'arm',
        timer: run.run,
        afterMs,
        message: { type: 'script.run', ...run } as ScriptRunMessage,
      }));
      return { context: { ...state, client }, effects };
    }
    case 'script.run': {
      const { run, argv, stdin, files = {}, editor } = message;
      const start: Effect = {
        type: 'start',
        name: run,
        definition: 'kubectl',
        input: { argv, stdin, files, editor, client: state.client },
      };
      return { ...change(state, run, (known) => known), effects: [start] };
    }
    case 'command.output':
      return change(state, runOf(event.from), (known) => ({ ...known, [message.stream]: known[message.stream] + message.text }));
    case 'command.done':
      return change(state, runOf(event.from), (known) => ({ ...known, code: message.code }));
    case 'process.exited':
      return change(state, runOf(message.child), (known) => ({ ...known, code: known.code ?? message.code }));
  }
}

const act = step<ScriptRunnerState, ScriptRunnerEvent>(handle);

/** A user whose commands come from a script: it starts one kubectl process for each and keeps what they print. */
export const scriptRunnerMachine = setup({
  types: { context: {} as ScriptRunnerState, events: {} as ScriptRunnerEvent, emitted: {} as Effect },
}).createMachine({
  id: 'script-runner',
  context: { client: undefined, runs: SortedMap.empty<ScriptRun>() },
  initial: 'ready',
  states: {
    ready: {
      on: {
        'process.start': { actions: act },
        'script.run': { actions: act },
        'command.output': { actions: act },
        'command.done': { actions: act },
        'process.exited': { actions: act },
      },
    },
  },
});
