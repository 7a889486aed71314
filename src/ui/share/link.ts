/** Why a link or a file is not a run. */
export type LinkProblem = 'link.damaged' | 'link.version' | 'link.large';

const version = '1';
const start = '#run=';
/** What mail programs, chats and old servers still carry. */
export const longestLink = 8_000;
/** A run that unpacks to more than this was not made by a person. */
const largestText = 16_000_000;

/** A run as the end of an address: version, and the text packed with its checksum (gzip's CRC-32 and length). */
export async function runToAddress(text: string): Promise<string> {
  const packed = await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer();
  let binary = '';
  for (const byte of new Uint8Array(packed)) binary += String.fromCharCode(byte);
  return `${start}${version}.${btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')}`;
}

/** Whether an address claims to hold a run. */
export const holdsRun = (hash: string): boolean => hash.startsWith(start);

/** The run of an address, or why there is none. */
export async function runOfAddress(hash: string): Promise<{ readonly text: string } | { readonly problem: LinkProblem }> {
  const [, found = '', data = ''] = /^([^.]*)\.(.*)$/s.exec(hash.slice(start.length)) ?? [];
  if (found === '') return { problem: 'link.damaged' };
  if (found !== version) return { problem: /^\d+$/.test(found) ? 'link.version' : 'link.damaged' };
  try {
    const bytes = Uint8Array.from(atob(data.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));
    return await unpacked(bytes);
  } catch {
    return { problem: 'link.damaged' };
  }
}

async function unpacked(bytes: Uint8Array<ArrayBuffer>): Promise<{ readonly text: string } | { readonly problem: LinkProblem }> {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let size = 0; ;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > largestText) {
      await reader.cancel();
      return { problem: 'link.large' };
    }
    parts.push(value);
  }
  return { text: await new Blob(parts).text() };
}
