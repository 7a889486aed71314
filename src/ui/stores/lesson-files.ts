import { decodeBytes, encodeBytes } from '#base/base64.ts';
import { lessons, readLesson, type FormatProblem, type Lesson } from '#scenarios/index.ts';

/** Longer ones are no lessons. */
const longestText = 400_000;
const notJson: FormatProblem = { place: '', reason: 'json', wanted: 'JSON' };

/** Reads a lesson from the text of a file; the problem names the place. */
export function lessonOfText(text: string): Lesson | FormatProblem {
  if (text.length > longestText) return { place: '', reason: 'value', wanted: `< ${longestText}` };
  try {
    return readLesson(JSON.parse(text) as unknown);
  } catch {
    return notJson;
  }
}

export const textOfLesson = (lesson: Lesson): string => `${JSON.stringify(lesson, null, 2)}\n`;

async function through(stream: CompressionStream | DecompressionStream, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}

/** What stands behind `#lesson=`: the name of a lesson that comes with the page, or a whole one, compressed. */
export async function linkOfLesson(lesson: Lesson): Promise<string> {
  const { id, part } = lesson.scenario;
  if (part !== 'own' && lessons.some((listed) => listed.id === id)) return id;
  const packed = await through(new CompressionStream('deflate-raw'), new TextEncoder().encode(JSON.stringify(lesson)));
  return `.${encodeBytes(packed).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')}`;
}

/** The lesson that a link stands for. */
export async function lessonOfLink(link: string): Promise<Lesson | FormatProblem> {
  if (!link.startsWith('.')) {
    const listed = lessons.find(({ id }) => id === link);
    return listed === undefined ? { place: 'id', reason: 'value', wanted: lessons.map(({ id }) => id).join(', ') } : listed.load();
  }
  try {
    const packed = decodeBytes(link.slice(1).replaceAll('-', '+').replaceAll('_', '/'));
    return lessonOfText(new TextDecoder().decode(await through(new DecompressionStream('deflate-raw'), new Uint8Array(packed))));
  } catch {
    return notJson;
  }
}
