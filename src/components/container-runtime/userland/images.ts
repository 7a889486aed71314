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
