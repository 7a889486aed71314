const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Bytes in base 32 (RFC 4648), without padding. */
export function base32(bytes: readonly number[]): string {
  let text = '';
  let [bits, held] = [0, 0];
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xfff;
    held += 8;
    for (; held >= 5; held -= 5) text += digits[(bits >> (held - 5)) & 31];
  }
  return held === 0 ? text : text + digits[(bits << (5 - held)) & 31]!;
}
