import type { FileSystem } from '../files.ts';

/** A directive of nginx: `name args;` or `name args { … }`. */
export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  readonly children: readonly Directive[];
  /** `/etc/nginx/conf.d/default.conf:3` */
  readonly at: string;
}

export const mainConfig = '/etc/nginx/nginx.conf';

class ConfigError extends Error {}

const known = new Set(
  `absolute_redirect accept_mutex access_log add_header alias allow auth_basic auth_basic_user_file autoindex autoindex_exact_size autoindex_localtime
  charset client_body_buffer_size client_body_temp_path client_body_timeout client_header_buffer_size client_header_timeout client_max_body_size daemon
  default_type deny env error_log error_page etag events expires fastcgi_index fastcgi_param fastcgi_pass geo gzip gzip_comp_level gzip_http_version
  gzip_min_length gzip_proxied gzip_static gzip_types gzip_vary hash http http2 if include index internal ip_hash keepalive keepalive_requests
  keepalive_timeout large_client_header_buffers least_conn limit_conn limit_conn_zone limit_except limit_rate limit_req limit_req_zone listen location
  log_format log_not_found map merge_slashes multi_accept open_file_cache pid port_in_redirect proxy_buffer_size proxy_buffering proxy_buffers proxy_cache
  proxy_cache_bypass proxy_cache_path proxy_cache_valid proxy_connect_timeout proxy_fastcgi_temp_path proxy_hide_header proxy_http_version
  proxy_intercept_errors proxy_next_upstream proxy_pass proxy_pass_request_headers proxy_read_timeout proxy_redirect proxy_request_buffering
  proxy_send_timeout proxy_set_header proxy_ssl_server_name proxy_ssl_verify proxy_temp_path proxy_timeout real_ip_header resolver resolver_timeout return
  rewrite root satisfy scgi_temp_path send_timeout sendfile server server_name server_name_in_redirect server_names_hash_bucket_size server_tokens set
  set_real_ip_from split_clients ssl_certificate ssl_certificate_key ssl_ciphers ssl_prefer_server_ciphers ssl_protocols ssl_session_cache
  ssl_session_timeout stream stub_status sub_filter tcp_nodelay tcp_nopush try_files types types_hash_max_size underscores_in_headers upstream use user
  uwsgi_temp_path worker_connections worker_processes worker_rlimit_nofile working_directory`.split(/\s+/),
);
/** Blocks whose lines are no directives. */
const tables = new Set(['types', 'map', 'geo', 'split_clients', 'upstream']);

interface Token {
  readonly text: string;
  readonly line: number;
  readonly quoted: boolean;
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const pattern = /(\n)|[ \t\r]+|#[^\n]*|"((?:[^"\\]|\\[^])*)"|'((?:[^'\\]|\\[^])*)'|([;{}])|((?:\$\{\w+\}|\\[^]|[^\s;{}])+)/g;
  let line = 1;
  for (const match of text.matchAll(pattern)) {
    const quoted = match[2] ?? match[3];
    if (match[1] !== undefined) line++;
    else if (quoted !== undefined) tokens.push({ text: quoted.replace(/\\(["'\\])/g, '$1'), line, quoted: true });
    else if (match[4] !== undefined || match[5] !== undefined) tokens.push({ text: match[0], line, quoted: false });
    if (quoted !== undefined) line += quoted.split('\n').length - 1;
  }
  tokens.push({ text: '', line, quoted: false });
  return tokens;
}

class Reader {
  private at = 0;
  private readonly tokens: readonly Token[];

  constructor(
    private readonly files: FileSystem,
    private readonly path: string,
    text: string,
  ) {
    this.tokens = tokensOf(text);
  }

  private wrong(text: string, { line }: Token): ConfigError {
    return new ConfigError(`${text} in ${this.path}:${line}`);
  }

  /** Directives up to the end of the file, or of the block. */
  directives(inside: string | undefined): readonly Directive[] {
    const found: Directive[] = [];
    for (;;) {
      const token = this.tokens[this.at++]!;
      if (token.text === '' && !token.quoted) {
        if (inside === undefined) return found;
        throw this.wrong('unexpected end of file, expecting "}"', token);
      }
      if (token.text === '}' && !token.quoted) {
        if (inside !== undefined) return found;
        throw this.wrong('unexpected "}"', token);
      }
      if (token.text === ';' || token.text === '{') throw this.wrong(`unexpected "${token.text}"`, token);
      found.push(...this.directive(token, inside));
    }
  }

  private directive(name: Token, inside: string | undefined): readonly Directive[] {
    const args: string[] = [];
    for (;;) {
      const token = this.tokens[this.at++]!;
      if (token.quoted || !/^[;{}]?$/.test(token.text)) {
        args.push(token.text);
        continue;
      }
      if (token.text === '') throw this.wrong('unexpected end of file, expecting ";" or "}"', token);
      if (token.text === '}') throw this.wrong('unexpected "}"', token);
      if (!tables.has(inside ?? '') && !known.has(name.text)) throw this.wrong(`unknown directive "${name.text}"`, name);
      if (token.text === '{') return [{ name: name.text, args, children: this.directives(name.text), at: `${this.path}:${token.line}` }];
      if (!tables.has(inside ?? '')) this.check(name, args, token);
      return name.text === 'include'
        ? this.include(args[0] ?? '', token)
        : [{ name: name.text, args, children: [], at: `${this.path}:${token.line}` }];
    }
  }

  private check(name: Token, args: readonly string[], end: Token): void {
    // What lacks its `;` takes the next line for its arguments.
    const swallowed = args.some((arg) => known.has(arg) && !['on', 'off', 'index', 'server', 'http', 'return', 'user'].includes(arg));
    const counts = /^(root|alias|proxy_pass|worker_processes|worker_connections|default_type|include)$/.test(name.text) ? 1 : undefined;
    if (
      (counts !== undefined && args.length !== counts) ||
      (/^(listen|return|index|server_name)$/.test(name.text) && (args.length === 0 || swallowed))
    )
      throw this.wrong(`invalid number of arguments in "${name.text}" directive`, end);
  }

  private include(pattern: string, token: Token): readonly Directive[] {
    const path = pattern.startsWith('/') ? pattern : `/etc/nginx/${pattern}`;
    const slash = path.lastIndexOf('/');
    const [directory, name] = [path.slice(0, slash), path.slice(slash + 1)];
    if (!name.includes('*')) {
      const text = this.files.read(path);
      if (text === undefined) throw this.wrong(`open() "${path}" failed (2: No such file or directory)`, token);
      return new Reader(this.files, path, text).directives(undefined);
    }
    const expression = new RegExp(`^${name.replace(/[.+^$(){}|[\]\\?]/g, '\\$&').replaceAll('*', '.*')}$`);
    const matching = this.files.list(directory).filter((file) => expression.test(file) && !file.startsWith('.'));
    return matching.flatMap((file) =>
      new Reader(this.files, `${directory}/${file}`, this.files.read(`${directory}/${file}`) ?? '').directives(undefined),
    );
  }
}

/** Reads nginx's configuration; the error is nginx's own words. */
export function readConfig(
  files: FileSystem,
  path = mainConfig,
): { readonly directives: readonly Directive[] } | { readonly error: string } {
  const text = files.read(path);
  if (text === undefined) return { error: `open() "${path}" failed (2: No such file or directory)` };
  try {
    const directives = new Reader(files, path, text).directives(undefined);
    return directives.some(({ name }) => name === 'events') ? { directives } : { error: 'no "events" section in configuration' };
  } catch (error) {
    if (error instanceof ConfigError) return { error: error.message };
    throw error;
  }
}

export const directivesNamed = (directives: readonly Directive[], name: string): readonly Directive[] =>
  directives.filter((item) => item.name === name);
export const argumentOf = (directives: readonly Directive[], name: string): string | undefined =>
  directives.find((item) => item.name === name)?.args[0];
