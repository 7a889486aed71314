/**
 * How well letters fit a text, in their order: more where they stand together or begin words; undefined where they do not fit.
 * Each word of the query is looked for by itself, so that their order does not matter.
 */
export function fit(query: string, text: string): number | undefined {
  const within = text.toLowerCase();
  let score = -within.length / 100;
  for (const word of query.toLowerCase().split(/\s+/).filter(Boolean)) {
    const found = fitWord(word, within);
    if (found === undefined) return undefined;
    score += found;
  }
  return score;
}

const isStart = (text: string, at: number): boolean => at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1]!);

function fitWord(word: string, text: string): number | undefined {
  for (let at = text.indexOf(word), first = at; at >= 0; at = text.indexOf(word, at + 1)) {
    if (isStart(text, at)) return word.length * 4 - at / 100;
    if (text.indexOf(word, at + 1) < 0) return word.length * 3 - first / 100;
  }
  let score = 0;
  let at = -1;
  for (const letter of word) {
    const next = text.indexOf(letter, at + 1);
    if (next < 0) return undefined;
    score += next === at + 1 ? 2 : isStart(text, next) ? 1.5 : 0.5;
    at = next;
  }
  return score;
}
