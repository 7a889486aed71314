/** One stage of a pipeline. */
export interface Stage {
  readonly words: readonly string[];
}
/** What a line comes to: stages connected by pipes, what goes in first, and where the end goes. */
export interface Pipeline {
  readonly stages: readonly Stage[];
  readonly heredoc: string | undefined;
  readonly output: { readonly path: string; readonly append: boolean } | undefined;
}

/** Splits a line into words and operators, as sh does; undefined where a quote is not closed. */
export function tokenize(line: string): readonly string[] | undefined {
  const tokens: string[] = [];
  let word = '';
  let inWord = false;
  const push = (): void => {
    if (inWord) tokens.push(word);
    word = '';
    inWord = false;
  };
  for (let i = 0; i < line.length; i++) {
    const character = line[i]!;
    if (character === "'" || character === '"') {
      const end = closing(line, i);
      if (end < 0) return undefined;
      word += line.slice(i + 1, end).replace(character === '"' ? /\\(["\\$`])/g : /$^/g, '$1');
      inWord = true;
      i = end;
    } else if (character === '\\' && i + 1 < line.length) {
      word += line[++i]!;
      inWord = true;
    } else if (/\s/.test(character)) push();
    else if (character === '#' && !inWord) break;
    else if (character === '|' || character === '>' || character === ';') {
      push();
      if (character === '>' && line[i + 1] === '>') {
        tokens.push('\u0000>>');
        i++;
      } else tokens.push(`\u0000${character}`);
    } else if (character === '&' && line[i + 1] === '&') {
      push();
      tokens.push('\u0000&&');
      i++;
    } else {
      word += character;
      inWord = true;
    }
  }
  push();
  return tokens;
}

function closing(line: string, start: number): number {
  for (let i = start + 1; i < line.length; i++) {
    if (line[start] === '"' && line[i] === '\\') i++;
    else if (line[i] === line[start]) return i;
  }
  return -1;
}

/** The delimiter of a heredoc that a line begins: `<<EOF`. */
export function heredocOf(line: string): string | undefined {
  return /<<-?\s*['"]?(\w+)['"]?/.exec(line)?.[1];
}

/** Parses a line into pipelines that run one after the other; a text is the shell's complaint. */
export function parseLine(line: string, heredoc: string | undefined): readonly Pipeline[] | string {
  const tokens = tokenize(line.replace(/<<-?\s*['"]?\w+['"]?/, ''));
  if (tokens === undefined) return 'bash: unexpected EOF while looking for matching quote';
  const pipelines: Pipeline[] = [];
  let stages: Stage[] = [];
  let words: string[] = [];
  let output: Pipeline['output'];
  const endStage = (): void => {
    if (words.length > 0) stages.push({ words });
    words = [];
  };
  const endPipeline = (): void => {
    endStage();
    if (stages.length > 0) pipelines.push({ stages, heredoc, output });
    stages = [];
    output = undefined;
  };
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (token === '\u0000|') endStage();
    else if (token === '\u0000;' || token === '\u0000&&') endPipeline();
    else if (token === '\u0000>' || token === '\u0000>>') {
      const path = tokens[++i];
      if (path === undefined) return "bash: syntax error near unexpected token `newline'";
      output = { path, append: token === '\u0000>>' };
    } else words.push(token);
  }
  endPipeline();
  return pipelines;
}
