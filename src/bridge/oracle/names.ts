/**
 * A recorded script may name things whose names were generated in that run (`web-7887448d46-645k6`). What a command
 * prints here, beside what it printed there, tells which name stands for which.
 */
const separators = /([\s"',:/=]+)/;
const generatedName = /^[a-z0-9.-]*-[a-z0-9]{5}$|^[a-z0-9.-]*-[a-z0-9]{8,10}(?:-[a-z0-9]{5})?$|^\d+(?:\.\d+){3}$|^[0-9a-f-]{36}$/;
const nodeName = /^node-\d+$/;
const version = /(resourceVersion"?: ?")(\d+)(?=")/;

function words(text: string): string[] {
  return text.split(separators).filter((part, index) => index % 2 === 0 && part !== '');
}

/**
 * Adds to `names` what the outputs of one command teach (recorded name → ours). A node's name is learnt only where it is
 * all that was printed: elsewhere the script may mean that very node.
 */
export function learnNames(names: Map<string, string>, recorded: string, ours: string): void {
  const [there, here] = [recorded.trim(), ours.trim()];
  if (nodeName.test(there) && nodeName.test(here) && !names.has(there)) names.set(there, here);
  const ourLines = ours.split('\n');
  for (const [index, line] of recorded.split('\n').entries()) {
    const [a, b] = [words(line), words(ourLines[index] ?? '')];
    const [theirVersion, ourVersion] = [version.exec(line)?.[2], version.exec(ourLines[index] ?? '')?.[2]];
    if (theirVersion !== undefined && ourVersion !== undefined) names.set(`resourceVersion ${theirVersion}`, ourVersion);
    if (a.length !== b.length) continue;
    for (const [position, word] of a.entries()) {
      const counterpart = b[position]!;
      if (word === counterpart || nodeName.test(word) || names.has(word)) continue;
      if (generatedName.test(word) && generatedName.test(counterpart)) names.set(word, counterpart);
    }
  }
}

/** A recorded argument, file or input with the names (and, where they are said to be such, the resource versions) of this run. */
export function renamed(names: ReadonlyMap<string, string>, text: string): string {
  return text
    .split('\n')
    .map((line) =>
      line.replace(version, (_all, before: string, number: string) => before + (names.get(`resourceVersion ${number}`) ?? number)),
    )
    .join('\n')
    .split(separators)
    .map((part) => names.get(part) ?? part)
    .join('');
}
