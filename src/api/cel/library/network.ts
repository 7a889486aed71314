import { fail, type Library } from './types.ts';

/** An address: four or sixteen bytes. */
class Ip {
  readonly bytes: readonly number[];
  constructor(bytes: readonly number[]) {
    this.bytes = bytes;
  }
  toString(): string {
    if (this.bytes.length === 4) return this.bytes.join('.');
    const words = Array.from({ length: 8 }, (_, index) => ((this.bytes[2 * index]! << 8) | this.bytes[2 * index + 1]!).toString(16));
    // The longest run of zeros is left out (RFC 5952).
    const runs = words.map((_, from) => {
      let length = 0;
      while (words[from + length] === '0') length++;
      return { from, length };
    });
    const longest = runs.reduce((best, run) => (run.length > best.length ? run : best));
    if (longest.length < 2) return words.join(':');
    return `${words.slice(0, longest.from).join(':')}::${words.slice(longest.from + longest.length).join(':')}`;
  }
}

class Cidr {
  readonly ip: Ip;
  readonly length: number;
  constructor(ip: Ip, length: number) {
    this.ip = ip;
    this.length = length;
  }
  toString(): string {
    return `${String(this.ip)}/${this.length}`;
  }
}

function parseIpv4(text: string): readonly number[] | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) return undefined;
  return parts.map(Number);
}

function parseIp(text: string): Ip | undefined {
  if (!text.includes(':')) {
    const bytes = parseIpv4(text);
    return bytes === undefined ? undefined : new Ip(bytes);
  }
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const words = [...head, ...Array.from({ length: missing }, () => '0'), ...tail];
  if (!words.every((word) => /^[0-9a-fA-F]{1,4}$/.test(word))) return undefined;
  return new Ip(words.flatMap((word) => [parseInt(word, 16) >> 8, parseInt(word, 16) & 255]));
}

function parseCidr(text: string): Cidr | undefined {
  const match = /^(.+)\/(0|[1-9]\d{0,2})$/.exec(text);
  const ip = match === null ? undefined : parseIp(match[1]!);
  if (ip === undefined || Number(match![2]) > ip.bytes.length * 8) return undefined;
  return new Cidr(ip, Number(match![2]));
}

const ipOf = (text: string): Ip =>
  parseIp(text) ?? fail(`IP Address '${text}' parse error during conversion from string: ParseAddr("${text}"): unable to parse IP`);
const cidrOf = (text: string): Cidr =>
  parseCidr(text) ?? fail(`network address parse error during conversion from string: netip.ParsePrefix("${text}")`);

function masked({ ip, length }: Cidr): Ip {
  return new Ip(ip.bytes.map((byte, index) => byte & (0xff00 >> Math.min(8, Math.max(0, length - index * 8))) & 255));
}

function holds(cidr: Cidr, ip: Ip): boolean {
  return ip.bytes.length === cidr.ip.bytes.length && String(masked(new Cidr(ip, cidr.length))) === String(masked(cidr));
}

const holdsCidr = (outer: Cidr, inner: Cidr): boolean => outer.length <= inner.length && holds(outer, inner.ip);
const isV4 = (ip: Ip): boolean => ip.bytes.length === 4;
const isUnspecified = (ip: Ip): boolean => ip.bytes.every((byte) => byte === 0);
const isLoopback = (ip: Ip): boolean => (isV4(ip) ? ip.bytes[0] === 127 : ip.bytes.every((byte, index) => byte === (index === 15 ? 1 : 0)));
const isMulticast = (ip: Ip): boolean => (isV4(ip) ? ip.bytes[0]! >> 4 === 14 : ip.bytes[0] === 255);
const isLinkLocal = (ip: Ip): boolean =>
  isV4(ip) ? ip.bytes[0] === 169 && ip.bytes[1] === 254 : ip.bytes[0] === 254 && (ip.bytes[1]! & 192) === 128;
const isLinkLocalMulticast = (ip: Ip): boolean =>
  isV4(ip) ? ip.bytes[0] === 224 && ip.bytes[1] === 0 && ip.bytes[2] === 0 : ip.bytes[0] === 255 && (ip.bytes[1]! & 15) === 2;

class Url {
  readonly parts: { readonly scheme: string; readonly host: string; readonly path: string; readonly query: string };
  constructor(parts: Url['parts']) {
    this.parts = parts;
  }
}

/** An absolute URI or path, as url.ParseRequestURI takes it. */
function parseUrl(text: string): Url | undefined {
  const match = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?#]*))?(\/[^?]*)?(?:\?(.*))?$/.exec(text);
  if (match === null || /[\s<>"]/.test(text) || /%(?![0-9a-fA-F]{2})/.test(text)) return undefined;
  const [, scheme = '', host = '', path = '', query = ''] = match;
  if (scheme === '' && path === '') return undefined;
  if (host !== '' && !/^(?:[^@]*@)?(?:\[[0-9a-fA-F:.%]+\]|[^:[\]]*)(?::\d*)?$/.test(host)) return undefined;
  return new Url({ scheme, host: host.replace(/^[^@]*@/, ''), path, query });
}

function unescape(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}

function queryOf(url: Url): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const pair of url.parts.query.split('&').filter((part) => part !== '')) {
    const [key = '', value = ''] = pair.split(/=(.*)/s).map(unescape);
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  return values;
}

const port = (url: Url): string => /:(\d*)$/.exec(url.parts.host)?.[1] ?? '';

class IpNamespace {}

/** k8s.io/apiserver/pkg/cel/library: ip.go, cidr.go, urls.go. */
export const network: Library = {
  types: { 'net.IP': Ip, 'net.CIDR': Cidr, 'kubernetes.URL': Url, IpNamespace },
  constants: { ip: ['IpNamespace', new IpNamespace()] },
  operators: [
    ['net.IP == net.IP', (a: Ip, b: Ip) => String(a) === String(b)],
    ['net.CIDR == net.CIDR', (a: Cidr, b: Cidr) => String(a) === String(b)],
    ['kubernetes.URL == kubernetes.URL', (a: Url, b: Url) => JSON.stringify(a.parts) === JSON.stringify(b.parts)],
  ],
  functions: [
    ['ip(string): net.IP', ipOf],
    ['isIP(string): bool', (text: string) => parseIp(text) !== undefined],
    ['IpNamespace.isCanonical(string): bool', (_: unknown, text: string) => String(ipOf(text)) === text],
    ['string(net.IP): string', String],
    ['net.IP.family(): int', (ip: Ip) => (isV4(ip) ? 4n : 6n)],
    ['net.IP.isUnspecified(): bool', isUnspecified],
    ['net.IP.isLoopback(): bool', isLoopback],
    ['net.IP.isLinkLocalMulticast(): bool', isLinkLocalMulticast],
    ['net.IP.isLinkLocalUnicast(): bool', isLinkLocal],
    ['net.IP.isGlobalUnicast(): bool', (ip: Ip) => !isUnspecified(ip) && !isLoopback(ip) && !isMulticast(ip) && !isLinkLocal(ip)],
    ['cidr(string): net.CIDR', cidrOf],
    ['isCIDR(string): bool', (text: string) => parseCidr(text) !== undefined],
    ['string(net.CIDR): string', String],
    ['net.CIDR.containsIP(net.IP): bool', holds],
    ['net.CIDR.containsIP(string): bool', (cidr: Cidr, text: string) => holds(cidr, ipOf(text))],
    ['net.CIDR.containsCIDR(net.CIDR): bool', holdsCidr],
    ['net.CIDR.containsCIDR(string): bool', (cidr: Cidr, text: string) => holdsCidr(cidr, cidrOf(text))],
    ['net.CIDR.ip(): net.IP', ({ ip }: Cidr) => ip],
    ['net.CIDR.masked(): net.CIDR', (cidr: Cidr) => new Cidr(masked(cidr), cidr.length)],
    ['net.CIDR.prefixLength(): int', ({ length }: Cidr) => BigInt(length)],
    [
      'url(string): kubernetes.URL',
      (text: string) => parseUrl(text) ?? fail(`URL parse error during conversion from string: parse "${text}": invalid URI for request`),
    ],
    ['isURL(string): bool', (text: string) => parseUrl(text) !== undefined],
    ['kubernetes.URL.getScheme(): string', (url: Url) => url.parts.scheme],
    ['kubernetes.URL.getHost(): string', (url: Url) => url.parts.host],
    ['kubernetes.URL.getHostname(): string', (url: Url) => url.parts.host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1')],
    ['kubernetes.URL.getPort(): string', port],
    ['kubernetes.URL.getEscapedPath(): string', (url: Url) => url.parts.path],
    ['kubernetes.URL.getQuery(): map<string, list<string>>', queryOf],
  ],
};
