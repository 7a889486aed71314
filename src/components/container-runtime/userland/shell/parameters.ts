import type { ShellRun } from './run.ts';

/** A variable, a parameter or a special one ("Shell Command Language", 2.5.2). */
export function parameterOf(run: ShellRun, name: string): string | undefined {
  if (/^[1-9]\d*$/.test(name)) return run.parameters[Number(name) - 1];
  const { initial } = run;
  switch (name) {
    case '0':
      return initial.script ?? initial.zero;
    case '#':
      return String(run.parameters.length);
    case '?':
      return String(run.status);
    case '$':
      return String(initial.pid);
    case '!':
      return run.lastJob === 0 ? '' : String(run.lastJob);
    case '-':
      return run.options;
    case 'PPID':
      return String(run.current.parent);
    case 'LINENO':
      return String(run.line);
    case 'RANDOM':
      return String(run.nextRandom());
    case 'SECONDS':
      return initial.dialect === 'bash' ? String(Math.floor((run.system.now - initial.startedAt) / 1000)) : run.variables[name]?.value;
    default:
      return run.variables[name]?.value;
  }
}
