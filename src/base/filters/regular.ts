const classes: Readonly<Record<string, string>> = {
  alnum: 'A-Za-z0-9',
  alpha: 'A-Za-z',
  blank: ' \\t',
  digit: '0-9',
  lower: 'a-z',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\s',
  upper: 'A-Z',
  xdigit: '0-9A-Fa-f',
};

/** The inside of a bracket expression of POSIX: there a backslash is a character, and classes have names. */
function bracket(inside: string, escapes: boolean): string {
  return (escapes ? inside : inside.replace(/\\/g, '\\\\'))
    .replace(/\[:(\w+):\]/g, (all, name: string) => classes[name] ?? all)
    .replace(/^(\^?)\]/, '$1\\]')
    .replace(/(?<!\\)\[/g, '\\[');
}

/** In a basic one `\|`, `\+`, `\(` are operators and the bare ones are characters; awk has escapes in brackets too. */
export type Dialect = 'basic' | 'extended' | 'awk';

/** A POSIX expression as one of JavaScript; undefined where it is none. */
export function regularExpression(pattern: string, dialect: Dialect, flags: string): RegExp | undefined {
  const extended = dialect !== 'basic';
  const source = pattern.replace(
    /\[(\^?\]?(?:\[:\w+:\]|[^\]])*)\]|\\([|+?(){}<>])|\\[^]|([|+?(){}])/g,
    (all, inside?: string, escaped?: string, bare?: string) => {
      if (inside !== undefined) return `[${bracket(inside, dialect === 'awk')}]`;
      if (escaped === '<' || escaped === '>') return '\\b';
      if (escaped !== undefined) return extended ? all : escaped;
      return bare === undefined || extended ? all : `\\${bare}`;
    },
  );
  // A star at the beginning of a basic expression is a character.
  const starred = extended ? source : source.replace(/^(\^?)\*/, '$1\\*');
  try {
    return new RegExp(starred, flags);
  } catch {
    return undefined;
  }
}
