import type { ImageKind } from './types.ts';

type Files = readonly (readonly [path: string, text: string])[];

const welcome = `<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
</head>
<body>
<h1>Welcome to nginx!</h1>
</body>
</html>
`;

const nginxConfig = `user  nginx;
worker_processes  auto;

error_log  /var/log/nginx/error.log notice;
pid        /run/nginx.pid;

events {
    worker_connections  1024;
}

http {
    default_type  application/octet-stream;
    sendfile        on;
    keepalive_timeout  65;

    include /etc/nginx/conf.d/*.conf;
}
`;

const defaultServer = `server {
    listen       80;
    server_name  localhost;

    location / {
        root   /usr/share/nginx/html;
        index  index.html index.htm;
    }

    error_page   500 502 503 504  /50x.html;
    location = /50x.html {
        root   /usr/share/nginx/html;
    }
}
`;

const errorPage = `<!DOCTYPE html>
<html>
<head>
<title>Error</title>
</head>
<body>
<h1>An error occurred.</h1>
</body>
</html>
`;

const common: Files = [
  ['/bin/', ''],
  ['/dev/', ''],
  ['/etc/group', 'root:x:0:\n'],
  ['/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\n'],
  ['/home/', ''],
  ['/mnt/', ''],
  ['/opt/', ''],
  ['/proc/', ''],
  ['/root/', ''],
  ['/run/', ''],
  ['/srv/', ''],
  ['/sys/', ''],
  ['/tmp/', ''],
  ['/usr/bin/', ''],
  ['/usr/local/bin/', ''],
  ['/usr/sbin/', ''],
  ['/var/lib/', ''],
  ['/var/log/', ''],
  ['/var/run/', ''],
  ['/var/tmp/', ''],
];

const special: Readonly<Record<ImageKind, Files>> = {
  busybox: [],
  debian: [['/etc/os-release', 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n']],
  nginx: [
    ['/etc/nginx/nginx.conf', nginxConfig],
    ['/etc/nginx/conf.d/default.conf', defaultServer],
    ['/usr/share/nginx/html/50x.html', errorPage],
    ['/usr/share/nginx/html/index.html', welcome],
    ['/var/cache/nginx/', ''],
    ['/var/log/nginx/', ''],
  ],
  redis: [['/data/', '']],
  httpd: [['/usr/local/apache2/htdocs/index.html', '<html><body><h1>It works!</h1></body></html>\n']],
  other: [],
};

/** The files of an image, in the form of `ProcessView.files`: a path with a slash at its end is a directory. */
export const imageFiles = (kind: ImageKind): Files => [...common, ...special[kind]];

/** What a container of an image runs when its pod says nothing, and where. */
export interface ImageProgram {
  readonly kind: ImageKind;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly workingDirectory: string;
}

const program = (
  kind: ImageKind,
  command: readonly string[],
  entrypoint: readonly string[] = [],
  workingDirectory = '/',
): ImageProgram => ({ kind, entrypoint, command, workingDirectory });

/** `1.0` as the version of a sample, `v2` as `2`. */
const versioned = (name: string) => (tag: string) =>
  program('other', [name, /^\d+\.\d+$/.test(tag) ? `${tag}.0` : tag.replace(/^v|^latest$/, '') || '1']);

const images: readonly (readonly [name: RegExp, program: ImageProgram | ((tag: string) => ImageProgram)])[] = [
  [/^docker\.io\/library\/nginx$/, program('nginx', ['nginx', '-g', 'daemon off;'], ['/docker-entrypoint.sh'])],
  [/^docker\.io\/library\/redis$/, program('redis', ['redis-server'], ['docker-entrypoint.sh'], '/data')],
  [/^docker\.io\/library\/httpd$/, program('httpd', ['httpd-foreground'], [], '/usr/local/apache2')],
  [/^docker\.io\/library\/(busybox|alpine)$|\/busybox$/, program('busybox', ['sh'])],
  [/^docker\.io\/library\/(debian|ubuntu|bash|perl)$/, program('debian', ['bash'])],
  [/^docker\.io\/library\/python$/, program('other', ['bash'])],
  [/^docker\.io\/curlimages\/curl$/, program('other', [], ['curl'])],
  [/^docker\.io\/hashicorp\/http-echo$/, program('other', [], ['http-echo'])],
  [/\/google[-_]samples\/(hello-app)$/, versioned('hello-app')],
  [/\/google[-_]samples\/kubernetes-bootcamp$/, versioned('bootcamp')],
  [/\/agnhost$/, program('other', ['pause'], ['/agnhost'])],
  [/\/(serve_hostname|serve-hostname)$/, program('other', ['agnhost-serve-hostname'])],
  [/\/hpa-example$/, program('other', ['hpa-example'])],
  [/\/pause$/, program('other', [], ['/pause'])],
];

/** What is known of an image, by its full name (`docker.io/library/nginx`) and its tag. */
export function imageProgram(name: string, tag: string): ImageProgram | undefined {
  const found = images.find(([pattern]) => pattern.test(name))?.[1];
  return typeof found === 'function' ? found(tag) : found;
}
