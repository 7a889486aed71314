/**
 * How go-yaml (v2, as sigs.k8s.io/yaml uses it) writes a string: which style it picks, and where it folds lines.
 * Models resolve.go, encode.go (stringv) and emitterc.go (yaml_emitter_analyze_scalar, …_write_*_scalar).
 */
const bestWidth = 80;
const words = new Set(['', '~', 'null', 'Null', 'NULL', 'true', 'True', 'TRUE', 'false', 'False', 'FALSE', '<<', '=']);
const oldBooleans = /^(?:y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF)$/;
const integer = /^[-+]?(?:0x[0-9a-fA-F]+|0b[01]+|0o?[0-7]+|[1-9][0-9]*|0)$/;
const float = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const special = /^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$/;
const base60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
const timestamp = /^\d{4}-\d{1,2}-\d{1,2}(?:(?:[Tt]|\s+)\d{1,2}:\d{2}:\d{2}(?:\.\d*)?\s*(?:Z|[-+]\d{1,2}(?::?\d{2})?)?)?$/;

/** Whether the plain text would be read back as a string. */
function isPlainString(text: string): boolean {
  if (words.has(text) || oldBooleans.test(text) || special.test(text) || base60.test(text) || timestamp.test(text)) return false;
  const plain = text.replaceAll('_', '');
  return !/^[-+.0-9]/.test(text) || !(integer.test(plain) || float.test(plain));
}

interface Analysis {
  readonly plain: boolean;
  readonly single: boolean;
  readonly block: boolean;
}

function analyze(text: string): Analysis {
  const indicators =
    /^(?:---|\.\.\.)/.test(text) ||
    /^[#,[\]{}&*!|>'"%@`]/.test(text) ||
    /^[?:-](?:\s|$)/.test(text) ||
    /:(?:\s|$)/.test(text.slice(1)) ||
    /\s#/.test(text);
  // Tabs and other control characters are written escaped.
  const unprintable = /[^\n\x20-\x7e\x85\xa0-\ud7ff\ud800-\udfff\ue000-\ufefe\uff00-\ufffd]/.test(text);
  const breaks = text.includes('\n');
  const spaceBreak = / \n/.test(text);
  const breakSpace = /\n /.test(text);
  const edge = /^[ \n]|[ \n]$/.test(text);
  return {
    plain: !(indicators || unprintable || breaks || edge),
    single: !(unprintable || spaceBreak || breakSpace),
    block: !(unprintable || spaceBreak || text.endsWith(' ')),
  };
}

/** Where the emitter stands when it writes a scalar. */
export interface Place {
  /** Column of the first character to come. */
  readonly column: number;
  /** Indentation of continuation lines. */
  readonly indent: number;
  readonly key: boolean;
}

/** A string as go-yaml writes it at a place. */
export function scalarText(text: string, place: Place): string {
  const { plain, single, block } = analyze(text);
  if (text.includes('\n') && block && !place.key) return literal(text, place);
  if (!text.includes('\n') && isPlainString(text)) {
    if (plain) return fold(text, place, false);
    if (single) return `'${fold(text.replaceAll("'", "''"), { ...place, column: place.column + 1 }, true)}'`;
  }
  return doubleQuoted(text, place);
}

/** Breaks at the first single blank after the best width. */
function fold(text: string, { column, indent, key }: Place, quoted: boolean): string {
  if (key) return text;
  let out = '';
  let at = column;
  let spaces = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char !== ' ') spaces = false;
    else if (!spaces && at > bestWidth && text[i + 1] !== ' ' && (!quoted || (i > 0 && i < text.length - 1))) {
      out += `\n${' '.repeat(indent)}`;
      at = indent;
      spaces = true;
      continue;
    } else spaces = true;
    out += char;
    at++;
  }
  return out;
}

const escapes: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\x85': '\\N',
  '\u2028': '\\L',
  '\u2029': '\\P',
};

function escape(char: string): string {
  const known = escapes[char];
  if (known !== undefined) return known;
  const code = char.charCodeAt(0);
  if (code >= 0x20 && code !== 0x7f && !(code > 0x7f && code < 0xa0) && code !== 0xfeff) return char;
  return code <= 0xff ? `\\x${code.toString(16).toUpperCase().padStart(2, '0')}` : `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

function doubleQuoted(text: string, { column, indent, key }: Place): string {
  let out = '"';
  let at = column + 1;
  let spaces = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char === ' ') {
      if (!key && !spaces && at > bestWidth && i > 0 && i < text.length - 1) {
        const more = text[i + 1] === ' ';
        out += `\n${' '.repeat(indent)}${more ? '\\' : ''}`;
        at = indent + (more ? 1 : 0);
      } else {
        out += ' ';
        at++;
      }
      spaces = true;
      continue;
    }
    const escaped = escape(char);
    out += escaped;
    at += escaped.length;
    spaces = false;
  }
  return `${out}"`;
}

function literal(text: string, { indent }: Place): string {
  const hint = /^[ \n]/.test(text) ? '2' : '';
  const chomp = !text.endsWith('\n') ? '-' : text === '\n' || text.endsWith('\n\n') ? '+' : '';
  const lines = text.endsWith('\n') ? text.slice(0, -1).split('\n') : text.split('\n');
  return `|${hint}${chomp}\n${lines.map((line) => (line === '' ? '' : ' '.repeat(indent) + line)).join('\n')}`;
}
