import type { Address } from '#kernel/types.ts';
import type { CommandDone, CommandOutput } from '#protocol/command.ts';
import { answer } from './processes.ts';
import { nothing, type Asked, type Container, type RuntimeResult, type RuntimeState, type Tool } from './state.ts';

/** Client programs that images of real processes have besides: by the process, and as which definition they run. */
const toolsOf: Readonly<Record<string, { readonly programs: readonly string[]; readonly definition: string }>> = {
  etcd: { programs: ['etcdctl', 'etcdutl'], definition: 'etcdctl' },
};

/** Starts a client program in the container of a real process; undefined where the command is no such program. */
export function startTool(state: RuntimeState, container: Container, command: readonly string[], asked: Asked): RuntimeResult | undefined {
  const [host = '', process = ''] = container.binary?.split('/') ?? [];
  const [path = '', ...argv] = command;
  const program = path.replace(/^\/usr\/local\/bin\//, '');
  const tools = toolsOf[process];
  if (tools?.programs.includes(program) !== true) return undefined;
  const name = `${program}-${state.next}`;
  const input = { program, argv, host, names: {} };
  return {
    context: { ...state, next: state.next + 1, tools: state.tools.set(name, { stdout: '', stderr: '', asked }) },
    effects: [{ type: 'start', name, definition: tools.definition, input }],
  };
}

const nameOf = (from: Address): string => from.slice(from.lastIndexOf('/') + 1);

export function toolSaid(state: RuntimeState, from: Address, { stream, text }: CommandOutput): RuntimeResult {
  const tool = state.tools.get(nameOf(from));
  if (tool === undefined) return nothing(state);
  const said: Tool = stream === 'stdout' ? { ...tool, stdout: tool.stdout + text } : { ...tool, stderr: tool.stderr + text };
  return nothing({ ...state, tools: state.tools.set(nameOf(from), said) });
}

export function toolEnded(state: RuntimeState, from: Address, exitCode: CommandDone['code']): RuntimeResult {
  const tool = state.tools.get(nameOf(from));
  if (tool === undefined) return nothing(state);
  const { stdout, stderr, asked } = tool;
  return {
    context: { ...state, tools: state.tools.delete(nameOf(from)) },
    effects: [answer(asked, { op: 'ExecSync', exitCode, stdout, stderr })],
  };
}
