/** Ctrl-C, as a stroke. */
export const interrupt = Symbol('interrupt');

/** What a terminal makes of keys: what it shows of them, and what its program gets. `undefined` is the end of the input. */
export interface Stroke {
  readonly echo: string;
  readonly key: string | undefined | typeof interrupt;
}

const keys = { interrupt: '\u0003', end: '\u0004', kill: '\u0015', erase: ['\u007f', '\b'] } as const;
const rubOut = '\b \b';

/**
 * The line discipline of a terminal in its ordinary mode (n_tty of Linux: ICANON, ECHO, ISIG, ICRNL): keys are shown,
 * lines can be mended, and a program gets them when they are complete.
 */
export function discipline(before: string, text: string): { readonly strokes: readonly Stroke[]; readonly line: string } {
  const strokes: Stroke[] = [];
  let line = before;
  let echo = '';
  const stroke = (shown: string, key: Stroke['key']): void => {
    strokes.push({ echo: echo + shown, key });
    echo = '';
    line = '';
  };
  for (const key of text) {
    if (key === '\n' || key === '\r') stroke('\n', `${line}\n`);
    else if (key === keys.interrupt) stroke('^C\n', interrupt);
    else if (key === keys.end) stroke('', line === '' ? undefined : line);
    else if (key === keys.kill) {
      echo += rubOut.repeat(line.length);
      line = '';
    } else if (key === keys.erase[0] || key === keys.erase[1]) {
      echo += line === '' ? '' : rubOut;
      line = line.slice(0, -1);
    } else {
      echo += key;
      line += key;
    }
  }
  return { strokes: echo === '' ? strokes : [...strokes, { echo, key: '' }], line };
}
