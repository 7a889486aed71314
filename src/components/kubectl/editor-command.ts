/**
 * Editors that are commands (`KUBE_EDITOR='sed -i …'`): the `s` commands of sed, which is what scripts use.
 * Anything else leaves the text as it is, as closing a real editor at once does.
 */
export function runEditor(command: string | undefined, text: string): string {
  const script = command === undefined ? undefined : /^sed\s+(?:-i|--in-place)\s+(?:-e\s+)?(.+)$/s.exec(command.trim())?.[1];
  if (script === undefined) return text;
  return substitutions(unquote(script)).reduce(substitute, text);
}

/** The shell's quoting taken off. */
function unquote(script: string): string {
  const trimmed = script.trim();
  if (/^'[^']*'$/.test(trimmed)) return trimmed.slice(1, -1);
  if (/^"[^"]*"$/.test(trimmed)) return trimmed.slice(1, -1).replace(/\\(["\\$`])/g, '$1');
  return trimmed.replace(/\\([^/.&\\()[\]*^$n0-9])/g, '$1');
}

interface Substitution {
  readonly pattern: RegExp;
  readonly replacement: string;
}

function substitutions(script: string): readonly Substitution[] {
  return script.split(/;(?=\s*s[^\w\s])/).flatMap((part) => {
    const parts = splitCommand(part.trim());
    if (parts === undefined) return [];
    const [from, to, flags] = parts;
    const pattern = from
      .replace(/\\([()|+?{}])/g, '\u0000$1')
      .replace(/(?<!\u0000)([()|+?{}])/g, '\\$1')
      .replaceAll('\u0000', '');
    try {
      return [
        {
          pattern: new RegExp(pattern, flags.includes('g') ? 'g' : ''),
          replacement: to
            .replace(/\$/g, '$$$$')
            .replace(/\\(\d)/g, '$$$1')
            .replace(/(?<!\\)&/g, '$$&')
            .replace(/\\n/g, '\n')
            .replace(/\\([/&])/g, '$1'),
        },
      ];
    } catch {
      return [];
    }
  });
}

function splitCommand(text: string): readonly [string, string, string] | undefined {
  if (!/^s[^\w\s]/.test(text)) return undefined;
  const delimiter = text[1]!;
  const parts: string[] = [''];
  for (let i = 2; i < text.length; i++) {
    if (text[i] === '\\' && text[i + 1] === delimiter) parts[parts.length - 1] += text[++i]!;
    else if (text[i] === delimiter) parts.push('');
    else parts[parts.length - 1] += text[i]!;
  }
  return parts.length === 3 ? [parts[0]!, parts[1]!, parts[2]!] : undefined;
}

/** sed works line by line. */
function substitute(text: string, { pattern, replacement }: Substitution): string {
  return text
    .split('\n')
    .map((line) => line.replace(pattern, replacement))
    .join('\n');
}
