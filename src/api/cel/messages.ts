/**
 * Object initializers, which the library's grammar has not: `Object.spec{replicas: 3}` is read as
 * `Object_("Object.spec", {"replicas": 3})`. Positions of errors are those of the text as it was written.
 */
export interface Rewritten {
  readonly text: string;
  /** The position in the text as written. */
  original(position: number): number;
}

interface Edit {
  readonly at: number;
  readonly length: number;
  readonly text: string;
}

/** Strings, comments, names with dots, and the brackets that tell where fields are. */
const token =
  /[rRbB]{0,2}("""[^]*?"""|'''[^]*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|\/\/[^\n]*|(Object|JSONPatch)((?:\s*\.\s*[A-Za-z_]\w*)*)(\s*)\{|[A-Za-z_][\w.]*|\d[\w.]*|[[\](){}:,?]/g;

/** Reads initializers as calls. Text without any stays the same. */
export function rewriteMessages(source: string): Rewritten {
  const edits: Edit[] = [];
  /** The open brackets: of an initializer, whose next name may be a field, or any other. */
  const open: { readonly message: boolean; field: boolean }[] = [];
  const tokens = [...source.matchAll(token)];
  for (const [index, match] of tokens.entries()) {
    const [text, , name, path = '', space = ''] = match;
    const at = match.index;
    const inside = open.at(-1);
    if (name !== undefined) {
      const head = text.length - 1 - space.length;
      edits.push({ at, length: head, text: `${name}_("${name}${path.replace(/\s/g, '')}",` });
      open.push({ message: true, field: true });
    } else if (/^[[({]$/.test(text)) open.push({ message: false, field: false });
    else if (/^[\])}]$/.test(text)) {
      if (open.pop()?.message === true) edits.push({ at: at + 1, length: 0, text: ')' });
    } else if (inside?.message === true && text === ',') inside.field = true;
    else if (inside?.message === true && inside.field && text !== '?') {
      // An optional field is marked, and left out when its value is none.
      const optional = tokens[index - 1]?.[0] === '?';
      const from = optional ? tokens[index - 1]!.index : at;
      inside.field = false;
      edits.push({ at: from, length: at + text.length - from, text: `"${optional ? '?' : ''}${text}"` });
    }
  }
  return edits.length === 0 ? { text: source, original: (position) => position } : apply(source, edits);
}

function apply(source: string, edits: readonly Edit[]): Rewritten {
  let text = '';
  let last = 0;
  /** Where in the new text an edit ends, and how far it is then from the old. */
  const shifts: { readonly from: number; readonly to: number; readonly delta: number; readonly start: number }[] = [];
  for (const edit of edits) {
    text += source.slice(last, edit.at);
    const from = text.length;
    text += edit.text;
    last = edit.at + edit.length;
    shifts.push({ from, to: text.length, delta: last - text.length, start: edit.at });
  }
  return {
    text: text + source.slice(last),
    original(position) {
      const shift = shifts.findLast((item) => item.from <= position);
      if (shift === undefined) return position;
      return position < shift.to ? shift.start : position + shift.delta;
    },
  };
}
