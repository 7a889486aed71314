const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Text in base64 (UTF-8). */
export const encodeBase64 = (text: string): string => encodeBytes(utf8(text));

/** Bytes in base64. */
export function encodeBytes(bytes: ArrayLike<number>): string {
  let out = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const group = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    out +=
      alphabet[group >> 18]! +
      alphabet[(group >> 12) & 63]! +
      (i + 1 < bytes.length ? alphabet[(group >> 6) & 63]! : '=') +
      (i + 2 < bytes.length ? alphabet[group & 63]! : '=');
  }
  return out;
}

/** A text as a part of an address. Halves of surrogate pairs, which no UTF-8 has, become replacement characters, as in Go. */
export const encodeUri = (text: string): string => encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'));

/** The bytes of a text in UTF-8. */
export function utf8(text: string): number[] {
  return [...encodeUri(text).matchAll(/%([0-9A-F]{2})|(.)/g)].map((match) =>
    match[1] === undefined ? match[2]!.charCodeAt(0) : parseInt(match[1], 16),
  );
}

/** The bytes that base64 stands for. */
export function decodeBytes(text: string): number[] {
  const digits = [...text.replace(/[^A-Za-z0-9+/]/g, '')].map((char) => alphabet.indexOf(char));
  const bytes: number[] = [];
  for (let i = 0; i + 1 < digits.length; i += 4) {
    const group = (digits[i]! << 18) | (digits[i + 1]! << 12) | ((digits[i + 2] ?? 0) << 6) | (digits[i + 3] ?? 0);
    bytes.push(group >> 16);
    if (i + 2 < digits.length) bytes.push((group >> 8) & 255);
    if (i + 3 < digits.length) bytes.push(group & 255);
  }
  return bytes;
}

/** The text (UTF-8) that base64 stands for; bytes that are no UTF-8 become replacement characters. */
export function decodeBase64(text: string): string {
  const bytes = decodeBytes(text);
  try {
    return decodeURIComponent(bytes.map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''));
  } catch {
    return bytes.map((byte) => (byte < 0x80 ? String.fromCharCode(byte) : '\ufffd')).join('');
  }
}
