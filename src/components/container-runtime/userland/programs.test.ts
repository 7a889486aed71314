import { describe, expect, it } from 'vitest';
import {
  imageFiles,
  listenersOfProcess,
  resumeProcess,
  serveRequest,
  startProcess,
  type NetAnswer,
  type NetRequest,
  type ServedRequest,
} from './index.ts';
import { codeOf, proceed, run, sh, signal, start, startTime, take, viewOf, type Drive, type DriveOptions } from './testing/drive.ts';
import { rows, type Row } from './testing/rows.ts';

describe('files', () => {
  rows([
    {
      script: 'ls /cfg; cat /cfg/color /cfg/app.properties; echo',
      log: 'app.properties\ncolor\nbluea=1\n',
      options: { files: { '/cfg/color': 'blue', '/cfg/app.properties': 'a=1' } },
    },
    {
      script: 'cat /shared/a',
      log: "cat: can't open '/shared/a': No such file or directory\n",
      code: 1,
      options: { files: { '/shared/': '' } },
    },
    { script: 'touch /tmp/healthy; ls /tmp; rm -f /tmp/healthy /tmp/none; ls /tmp', log: 'healthy\n' },
    { script: 'rm /x', log: "rm: can't remove '/x': No such file or directory\n", code: 1 },
    {
      script: 'touch /ro/x; rm /ro/y; mkdir /ro/z',
      log: "touch: /ro/x: Read-only file system\nrm: can't remove '/ro/y': Read-only file system\nmkdir: can't create directory '/ro/z': Read-only file system\n",
      code: 1,
      options: { files: { '/ro/y': '' }, readOnly: ['/ro'] },
    },
    { script: 'mkdir -p /a/b; echo 1 > /a/b/c; cp -r /a /d; mv /d/b/c /e; find /a /d; cat /e', log: '/a\n/a/b\n/a/b/c\n/d\n/d/b\n1\n' },
    {
      script: 'mkdir /a /a; rmdir /a; ls /a; cp /none /x',
      log: "mkdir: can't create directory '/a': File exists\nls: /a: No such file or directory\ncp: can't stat '/none': No such file or directory\n",
      code: 1,
    },
    { script: 'basename /a/b.txt .txt; dirname /a/b.txt; cd /etc; realpath ../tmp', log: 'b\n/a\n/tmp\n' },
  ]);
});

describe('as whom', () => {
  const options: DriveOptions = { uid: 1000, gid: 3000, groups: [3000, 2000], files: { '/data/': '' }, writable: ['/data'] };
  rows([
    { script: 'id; whoami', log: 'uid=1000 gid=3000 groups=2000,3000\nwhoami: unknown uid 1000\n', code: 1, options },
    {
      script: 'touch /x; touch /data/x /tmp/x; ls /data; rm /etc/passwd',
      log: "touch: /x: Permission denied\nx\nrm: can't remove '/etc/passwd': Permission denied\n",
      code: 1,
      options,
    },
    {
      script: 'echo x > /x; echo x > /data/x; cat /data/x',
      log: "sh: can't create /x: Read-only file system\nx\n",
      options: { files: { '/data/': '' }, readOnly: ['/'], writable: ['/data'] },
    },
    { script: 'id', log: 'uid=0(root) gid=0(root) groups=0(root),10(wheel)\n' },
  ]);
});

describe('memory', () => {
  it('is taken by stress, after a moment', () => {
    const drive = start(['stress', '--vm', '1', '--vm-bytes', '250M', '--vm-hang', '1'], { image: 'other' });
    expect([drive.out, drive.memoryBytes]).toEqual(['stress: info: [1] dispatching hogs: 0 cpu, 0 io, 1 vm, 0 hdd\n', 0]);
    expect(proceed(drive, 1000).memoryBytes).toBe(250 * 1024 ** 2);
  });
});

describe('text', () => {
  rows([
    { script: "printf 'b\\na\\nb\\n' | sort | uniq -c", log: '      1 a\n      2 b\n' },
    { script: "echo 'a:b:c' | cut -d: -f2; echo a-b | tr - _; echo abc | rev", log: 'b\na_b\ncba\n' },
    { script: 'printf "1\\n2\\n3\\n" > /f; head -n 1 /f; tail -n 1 /f; sed -n 2p /f; wc -l < /f; wc -l /f', log: '1\n3\n2\n3\n3 /f\n' },
    { script: "sed -i 's/root/ROOT/' /etc/passwd; grep -o '^ROOT' /etc/passwd; grep nope /etc/passwd; echo $?", log: 'ROOT\n1\n' },
    { script: "echo 'a 1' | awk '{print $2}'; seq 2 4 | xargs -n1 echo n; seq 2 | xargs echo all", log: '1\nn 2\nn 3\nn 4\nall 1 2\n' },
    { script: 'echo -n abc | tee /tmp/f | wc -c; cat /tmp/f; echo; echo aGk= | base64 -d', log: '3\nabc\nhi' },
    { script: 'printf "%s-%03d|%-4s|%x\\n" a 7 b 255 c; echo -e "a\\tb\\c"', log: 'a-007|b   |ff\nc-000|    |0\na\tb' },
    {
      script: 'expr 3 + 4; expr 7 % 3; expr abc : "a\\(.\\)"; seq -s, 1 3; expr 1 / 0',
      log: '7\n1\nb\n1,2,3\nexpr: division by zero\n',
      code: 2,
    },
    { script: "date +%s; date '+%F %T'; date -d @0 +%Y", log: '1795488786\n2026-11-24 02:53:06\n1970\n' },
    { script: 'hostname; hostname -i; whoami; id -u', log: 'web-0\n10.244.0.7\nroot\n0\n' },
    { script: 'timeout 2 sleep 10; echo $?; timeout 5 echo ok', log: '143\nok\n' },
    { script: 'curl -s http://x', log: 'sh: curl: not found\n', code: 127 },
  ]);

  it('follows a file that another process writes', () => {
    const drive = start(['tail', '-n+1', '-F', '/var/log/1.log']);
    proceed(drive, 1500);
    drive.files = drive.files.set('/var/log/1.log', 'a\n');
    proceed(drive, 1000);
    drive.files = drive.files.set('/var/log/1.log', 'a\nb\n');
    proceed(drive, 1000);
    expect(drive.log).toBe("tail: can't open '/var/log/1.log': No such file or directory\na\nb\n");
  });

  it('streams through a pipe', () => {
    const drive = start(['sh', '-c', 'while true; do echo tick; echo tock; sleep 1; done | grep --line-buffered tock | sed s/t/T/']);
    expect(drive.out).toBe('Tock\n');
    proceed(drive, 1000);
    expect(drive.out).toBe('Tock\nTock\n');
  });
});

describe('starting', () => {
  const view = viewOf({ files: start(['true'], { files: { '/run.sh': '#!/bin/sh\necho $1\n', '/data': 'x' } }).files, now: startTime });
  const launch = (...argv: readonly string[]) => startProcess({ argv, env: [], cwd: '/', image: 'busybox' }, view);

  it('says what it could not start', () => {
    expect(launch('nosuchprogram')).toEqual({ error: 'not-found', program: 'nosuchprogram' });
    expect(launch('nginx')).toEqual({ error: 'not-found', program: 'nginx' });
    expect(launch('/data')).toEqual({ error: 'permission-denied', program: '/data' });
  });

  it('finds the interpreter of a script', () => {
    expect(launch('/run.sh', 'hello')).toMatchObject({ need: { type: 'exit', code: 0 }, output: [{ text: 'hello\n' }] });
  });

  it('reads commands from standard input, which ends at once where there is none', () => {
    expect(codeOf(run(['sh']))).toBe(0);
    expect(run(['sh'], { stdin: 'for i in 1 2\ndo echo $i\ndone\nexit 4\n' })).toMatchObject({ out: '1\n2\n', need: { code: 4 } });
  });

  it('gives the signals of an exec to the container', () => {
    const turn = startProcess(
      { argv: ['sh', '-c', 'kill 1; kill -9 1; kill 99'], env: [], cwd: '/', image: 'busybox', pid: 20 },
      { ...view, others: [{ pid: 1, command: 'nginx' }] },
    );
    expect(turn).toMatchObject({ signals: [{ pid: 1, signal: 'TERM' }], output: [{ text: "sh: can't kill pid 99: No such process\n" }] });
  });

  it('marks what is written to the log of the container', () => {
    expect(
      startProcess({ argv: ['sh', '-c', 'echo hi > /proc/1/fd/1'], env: [], cwd: '/', image: 'busybox', pid: 20 }, view),
    ).toMatchObject({ output: [{ text: 'hi\n', log: true }] });
  });
});

describe('the network', () => {
  const http = (status: number, body = '', headers: readonly (readonly [string, string])[] = []): NetAnswer => ({
    type: 'http',
    address: '10.96.0.9',
    status,
    headers,
    body,
  });
  const answers: Readonly<Record<string, NetAnswer>> = {
    svc: http(200, 'hello\n'),
    missing: http(404),
    moved: http(301, '', [['Location', 'http://svc/new']]),
    closed: { type: 'failed', failure: 'refused', address: '10.0.0.1' },
    slow: { type: 'failed', failure: 'timeout', address: '10.0.0.2' },
    db: { type: 'dns', server: '10.96.0.10', name: 'db.default.svc.cluster.local', addresses: ['10.96.3.4'] },
  };
  const net = (request: NetRequest): NetAnswer => {
    const name = request.type === 'dns' ? request.name : request.host;
    if (request.type === 'tcp' && name === 'svc') return { type: 'tcp', address: '10.96.0.9', data: '+PONG\r\n' };
    return answers[name] ?? { type: 'failed', failure: 'bad-address', server: '10.96.0.10' };
  };
  const table: readonly Row[] = [
    { script: 'wget -qO- http://svc', log: 'hello\n' },
    { script: 'wget -qO- moved:8080/x | head -1', log: 'hello\n' },
    { script: 'wget -q http://svc/page.html; cat page.html', log: 'hello\n' },
    { script: 'wget -O- http://nope', log: "wget: bad address 'nope'\n", code: 1 },
    { script: 'wget -q http://missing/x', log: 'wget: server returned error: HTTP/1.1 404 Not Found\n', code: 1 },
    { script: 'wget -qO- http://closed:81', log: "wget: can't connect to remote host (10.0.0.1): Connection refused\n", code: 1 },
    { script: 'wget -qO- --timeout=2 http://slow', log: 'wget: download timed out\n', code: 1 },
    { script: 'wget --spider --timeout=1 svc', log: 'Connecting to svc (10.96.0.9:80)\nremote file exists\n' },
    {
      script: 'nslookup db',
      log: 'Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\nName:\tdb.default.svc.cluster.local\nAddress: 10.96.3.4\n\n\n',
    },
    { script: 'nslookup nope > /dev/null; echo $?', log: '1\n' },
    {
      script: 'nc -zv -w 2 svc 6379; nc -z closed 1',
      log: "svc (10.96.0.9:6379) open\nnc: can't connect to remote host (10.0.0.1): Connection refused\n",
      code: 1,
    },
    { script: 'echo PING | nc svc 6379', log: '+PONG\r\n' },
    { script: 'ping -c 1 nope', log: "ping: bad address 'nope'\n", code: 1 },
  ];
  rows(table.map((row) => ({ ...row, options: { net } })));
  rows([
    { script: 'curl -s http://svc', log: 'hello\n', options: { net, image: 'nginx' } },
    {
      script: 'curl http://nope; echo $?; curl -s -o /dev/null -w "%{http_code}\\n" http://missing; curl -sf http://missing; echo $?',
      log: 'curl: (6) Could not resolve host: nope\n6\n404\n22\n',
      options: { net, image: 'nginx' },
    },
    { script: 'redis-cli -h svc ping', log: 'PONG\n', options: { net, image: 'redis' } },
  ]);

  it('waits in a loop until a name is there', () => {
    let asked = 0;
    const drive = sh('until nslookup db >/dev/null 2>&1; do echo waiting for db; sleep 2; done; echo up', {
      net: (request) => (++asked > 2 ? net(request) : { type: 'failed', failure: 'bad-address' }),
    });
    expect([drive.out, drive.needs]).toEqual([
      'waiting for db\nwaiting for db\nup\n',
      ['request', 'sleep 2000', 'request', 'sleep 2000', 'request', 'exit'],
    ]);
  });

  it('asks for the address of its own host name itself', () => {
    const drive = run(['wget', '-qO-', 'http://web-0:8080/x'], {
      files: { '/etc/hosts': '127.0.0.1\tlocalhost\n10.244.0.7\tweb-0\n' },
      net: () => http(200),
    });
    expect(drive.requests).toMatchObject([
      {
        type: 'http',
        host: '10.244.0.7',
        port: 8080,
        path: '/x',
        headers: [
          ['Host', 'web-0:8080'],
          ['User-Agent', 'Wget'],
          ['Connection', 'close'],
        ],
      },
    ]);
  });
});

const get = (path: string, more: Partial<Extract<ServedRequest, { readonly type: 'http' }>> = {}): ServedRequest => ({
  type: 'http',
  port: 80,
  client: '127.0.0.1',
  method: 'GET',
  path,
  headers: [
    ['Host', '127.0.0.1'],
    ['User-Agent', 'Wget'],
    ['Connection', 'close'],
  ],
  body: '',
  ...more,
});

function ask(drive: Drive, request: ServedRequest) {
  const turn = serveRequest(drive.process, request, viewOf(drive));
  take(drive, turn);
  return turn.response;
}

describe('nginx', () => {
  const server = (options: DriveOptions = {}): Drive =>
    start(['/docker-entrypoint.sh', 'nginx', '-g', 'daemon off;'], { image: 'nginx', tag: '1.27', ...options });

  it('serves its page and writes its log', () => {
    const drive = server();
    expect(listenersOfProcess(drive.process)).toEqual([{ port: 80, protocol: 'http' }]);
    const response = ask(drive, get('/'));
    expect(response).toMatchObject({
      status: 200,
      body: imageFiles('nginx').find(([path]) => path === '/usr/share/nginx/html/index.html')![1],
    });
    expect(drive.out).toBe('127.0.0.1 - - [24/Nov/2026:02:53:06 +0000] "GET / HTTP/1.1" 200 121 "-" "Wget" "-"\n');
  });

  it('has no page for what is not there', () => {
    const drive = server();
    expect(ask(drive, get('/x.html'))).toMatchObject({
      status: 404,
      body: expect.stringContaining('<center>nginx/1.27.5</center>') as string,
    });
    expect(drive.err).toBe(
      '2026/11/24 02:53:06 [error] 29#29: *1 open() "/usr/share/nginx/html/x.html" failed (2: No such file or directory), client: 127.0.0.1, server: localhost, request: "GET /x.html HTTP/1.1", host: "127.0.0.1"\n',
    );
    drive.files = drive.files.set('/usr/share/nginx/html/x.html', 'ready\n');
    expect(ask(drive, get('/x.html'))).toMatchObject({ status: 200, body: 'ready\n' });
  });

  it.each([
    ['server {\n listen 80;\n foo bar;\n}\n', 'unknown directive "foo" in /etc/nginx/conf.d/default.conf:3'],
    ['server {\n listen 80;\n', 'unexpected end of file, expecting "}" in /etc/nginx/conf.d/default.conf:3'],
    ['server {\n listen 80\n}\n', 'unexpected "}" in /etc/nginx/conf.d/default.conf:3'],
    ['}\n', 'unexpected "}" in /etc/nginx/conf.d/default.conf:1'],
    ['server {\n listen 80;\n root /a /b;\n}\n', 'invalid number of arguments in "root" directive in /etc/nginx/conf.d/default.conf:3'],
  ])('refuses a configuration: %j', (text, complaint) => {
    const drive = server({ files: { '/etc/nginx/conf.d/default.conf': text } });
    expect([codeOf(drive), drive.err]).toEqual([1, `2026/11/24 02:53:06 [emerg] 1#1: ${complaint}\nnginx: [emerg] ${complaint}\n`]);
  });

  it.each([
    [{ uid: 101 }, 'mkdir() "/var/cache/nginx/client_temp" failed (13: Permission denied)'],
    [{ readOnly: ['/'] }, 'mkdir() "/var/cache/nginx/client_temp" failed (30: Read-only file system)'],
    [{ readOnly: ['/'], writable: ['/var/cache/nginx'] }, 'open() "/run/nginx.pid" failed (30: Read-only file system)'],
  ])('wants to write before it serves: %j', (options, complaint) => {
    const drive = server(options);
    expect([codeOf(drive), drive.err.split('\n')[1]]).toEqual([1, `nginx: [emerg] ${complaint}`]);
  });

  it('follows locations, and a new configuration after HUP', () => {
    const config = (text: string): string =>
      `server { listen 8080; location / { return 200 "${text} $hostname\\n"; } location = /old { return 301 /new; } }`;
    const drive = server({ files: { '/etc/nginx/conf.d/default.conf': config('one') } });
    expect(ask(drive, get('/', { port: 8080 }))).toMatchObject({ status: 200, body: 'one web-0\n' });
    expect(ask(drive, get('/old', { port: 8080 }))).toMatchObject({
      status: 301,
      headers: expect.arrayContaining([['Location', '/new']]) as unknown,
    });
    expect(ask(drive, get('/'))).toEqual({ type: 'refused' });
    drive.files = drive.files.set('/etc/nginx/conf.d/default.conf', config('two'));
    signal(drive, 'HUP');
    expect(ask(drive, get('/', { port: 8080 }))).toMatchObject({ body: 'two web-0\n' });
  });

  const proxy =
    'upstream app {\n server one:8080;\n server 10.0.0.2;\n}\nserver {\n listen 80;\n location / {\n  proxy_set_header X-Real-IP $remote_addr;\n  proxy_pass http://app;\n }\n location /api/ { proxy_pass http://one:8080/v1/; }\n}\n';
  const dns = (request: NetRequest): NetAnswer =>
    request.type === 'dns'
      ? { type: 'dns', server: '10.96.0.10', name: 'one.default.svc.cluster.local', addresses: ['10.96.0.5'] }
      : { type: 'failed', failure: 'refused', address: '10.0.0.2' };

  it('does not begin without the addresses of its upstreams', () => {
    const drive = proceed(server({ files: { '/etc/nginx/conf.d/default.conf': proxy } }), 1000);
    expect([codeOf(drive), drive.err.split('\n')[1]]).toEqual([
      1,
      'nginx: [emerg] host not found in upstream "one:8080" in /etc/nginx/conf.d/default.conf:2',
    ]);
  });

  it('hands requests on and answers later', () => {
    const drive = proceed(server({ files: { '/etc/nginx/conf.d/default.conf': proxy } }), 1000, { net: dns });
    expect(ask(drive, get('/api/x?y=1'))).toEqual({ type: 'later', id: expect.any(Number) as number });
    expect(drive.need).toMatchObject({ type: 'request', request: { type: 'http', host: '10.96.0.5', port: 8080, path: '/v1/x?y=1' } });
    expect(listenersOfProcess(drive.process)).toEqual([{ port: 80, protocol: 'http' }]);
    const turn = resumeProcess(
      drive.process,
      { type: 'http', address: '10.96.0.5', status: 200, headers: [['Content-Type', 'text/plain']], body: 'hi' },
      viewOf(drive),
    );
    expect(turn.responses).toMatchObject([{ response: { status: 200, body: 'hi' } }]);
    expect(turn.output).toMatchObject([{ text: expect.stringContaining('"GET /api/x?y=1 HTTP/1.1" 200 2') as string }]);
    expect(turn.need.type).toBe('serve');
  });

  it('says that its upstream does not answer', () => {
    const drive = proceed(server({ files: { '/etc/nginx/conf.d/default.conf': proxy } }), 1000, { net: dns });
    ask(drive, get('/'));
    ask(drive, get('/'));
    // The second server of the upstream is the turn of the first connection.
    expect(drive.need).toMatchObject({
      type: 'request',
      request: {
        host: '10.0.0.2',
        port: 80,
        headers: expect.arrayContaining([
          ['X-Real-IP', '127.0.0.1'],
          ['Host', 'app'],
        ]) as unknown,
      },
    });
    proceed(drive, 10, { net: dns });
    expect(drive.err).toContain('[error] 29#29: *1 connect() failed (111: Connection refused) while connecting to upstream');
  });

  it('leaves the foreground where it is not told to stay', () => {
    expect(codeOf(start(['nginx'], { image: 'nginx' }))).toBe(0);
    const drive = start(['sh', '-c', 'nginx; tail -f /dev/null'], { image: 'nginx' });
    expect(ask(drive, get('/'))).toMatchObject({ status: 200 });
  });
});

describe('redis', () => {
  it('keeps what it is given, and says good bye', () => {
    const drive = start(['redis-server'], { image: 'redis' });
    const send = (data: string) => ask(drive, { type: 'tcp', port: 6379, client: '127.0.0.1', data: `${data}\r\n` });
    expect(
      [send('PING'), send('"SET" "a" "x y"'), send('GET a'), send('GET b'), send('INCR n'), send('KEYS *'), send('NOPE')].map((item) =>
        item.type === 'tcp' ? item.data : '',
      ),
    ).toEqual([
      '+PONG\r\n',
      '+OK\r\n',
      '$3\r\nx y\r\n',
      '$-1\r\n',
      ':1\r\n',
      '*2\r\n$1\r\na\r\n$1\r\nn\r\n',
      "-ERR unknown command 'NOPE', with args beginning with: \r\n",
    ]);
    signal(drive, 'TERM');
    expect([codeOf(drive), drive.out.split('\n').at(-2)]).toEqual([
      0,
      '1:M 24 Nov 2026 02:53:06.000 # Redis is now ready to exit, bye bye...',
    ]);
  });
});

describe('servers in a shell', () => {
  it('answers with nc in a loop', () => {
    const drive = start([
      'sh',
      '-c',
      "while true; do printf 'HTTP/1.1 200 OK\\r\\nX-A: b\\r\\n\\r\\nhello' | nc -l -p 8080 > /dev/null; done",
    ]);
    for (let turn = 0; turn < 2; turn++)
      expect(ask(drive, get('/', { port: 8080 }))).toEqual({ type: 'http', status: 200, headers: [['X-A', 'b']], body: 'hello' });
  });
});

describe('samples', () => {
  it.each([
    [['hello-app'], '2.0', 8080, '/', 'Hello, world!\nVersion: 2.0.0\nHostname: web-0\n'],
    [['bootcamp'], 'v1', 8080, '/', 'Hello Kubernetes bootcamp! | Running on: web-0 | v=1\n'],
    [['http-echo', '-text=apple'], '1.0', 5678, '/', 'apple\n'],
    [['/agnhost', 'netexec', '--http-port=8081'], '2.53', 8081, '/hostname', 'web-0'],
  ] as const)('%s:%s answers', (argv, tag, port, path, body) => {
    expect(ask(start(argv, { image: 'other', tag }), get(path, { port }))).toMatchObject({ status: 200, body });
  });

  it('has a page of Apache', () => {
    expect(ask(start(['httpd-foreground'], { image: 'httpd' }), get('/'))).toMatchObject({
      status: 200,
      body: '<html><body><h1>It works!</h1></body></html>\n',
    });
  });

  it('wants a password for a database', () => {
    const refused = start(['postgres'], { image: 'other' });
    expect([codeOf(refused), refused.err.split('\n')[0]]).toEqual([
      1,
      'Error: Database is uninitialized and superuser password is not specified.',
    ]);
    const drive = start(['postgres'], { image: 'other', env: [['POSTGRES_PASSWORD', 'x']] });
    expect(listenersOfProcess(drive.process)).toEqual([{ port: 5432, protocol: 'tcp' }]);
    signal(drive, 'TERM');
    expect(codeOf(drive)).toBe(0);
  });

  it('is well for ten seconds', () => {
    const drive = start(['/agnhost', 'liveness'], { image: 'other' });
    const statuses = [5, 6].map((seconds) => {
      drive.now += seconds * 1000;
      return ask(drive, get('/healthz', { port: 8080 }));
    });
    expect(statuses).toMatchObject([
      { status: 200, body: 'ok' },
      { status: 500, body: 'error: 11' },
    ]);
  });

  it.each([
    [1, 2],
    [9, 143],
  ])('ends as a program of Go does, as process %i with %i', (pid, code) => {
    const drive = start(['/agnhost', 'netexec'], { image: 'other', pid });
    signal(drive, 'TERM');
    expect(codeOf(drive)).toBe(code);
  });

  it('serves the pages of a folder from the background', () => {
    const drive = start(['sh', '-c', 'mkdir /www; hostname > /www/index.html; httpd -p 8080 -h /www; sleep infinity']);
    expect(ask(drive, get('/', { port: 8080 }))).toMatchObject({ status: 200, body: 'web-0\n' });
  });

  it('knows many digits of π', () => {
    expect(run(['perl', '-Mbignum=bpi', '-wle', 'print bpi(50)'], { image: 'debian' }).out).toBe(
      '3.1415926535897932384626433832795028841971693993751\n',
    );
  });

  it('pauses until it is told to stop', () => {
    const drive = start(['/pause'], { image: 'other' });
    expect(drive.need).toEqual({ type: 'wait' });
    signal(drive, 'TERM');
    expect(codeOf(drive)).toBe(0);
  });
});
