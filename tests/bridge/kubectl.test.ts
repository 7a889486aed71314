import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificate } from '../../src/bridge/door/certificate.ts';
import { writeKubeconfig } from '../../src/bridge/door/kubeconfig.ts';
import { openHeadless, type Headless } from '../../src/bridge/headless.ts';
import { kubectlIsThere } from './real-kubectl.ts';

const run = promisify(execFile);

const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec: {containers: [{name: nginx, image: nginx, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: shop}
spec: {selector: {app: shop}, ports: [{port: 80}]}
`;

describe.skipIf(!kubectlIsThere())('a real kubectl', { timeout: 60_000 }, () => {
  let headless: Headless;
  let folder: string;

  beforeAll(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kube-orrery-'));
    const certificate = await makeCertificate(new Date());
    headless = openHeadless({ shape: 'cluster', seed: 1, nodes: 2 }, { token: 'secret', certificate });
    await new Promise<void>((resolve) => void headless.server.listen(0, '127.0.0.1', resolve));
    const { port } = headless.server.address() as AddressInfo;
    writeKubeconfig(path.join(folder, 'config'), `https://127.0.0.1:${port}`, certificate.cert, 'secret');
    fs.writeFileSync(path.join(folder, 'shop.yaml'), manifest);
  }, 60_000);
  afterAll(() => {
    headless?.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  const environment = (): NodeJS.ProcessEnv => ({ ...process.env, KUBECONFIG: path.join(folder, 'config'), HOME: folder });

  /** With something typed into it. */
  function typed(text: string, ...args: readonly string[]): Promise<{ readonly out: string; readonly code: number | null }> {
    return new Promise((resolve) => {
      const child = spawn('kubectl', args, { env: environment(), timeout: 30_000 });
      let out = '';
      child.stdout.on('data', (part: Buffer) => (out += part.toString()));
      child.on('close', (code) => resolve({ out, code }));
      child.stdin.end(text);
    });
  }

  async function kubectl(...args: readonly string[]): Promise<{ readonly out: string; readonly err: string; readonly code: number }> {
    const env = environment();
    try {
      const { stdout, stderr } = await run('kubectl', args, { cwd: folder, env, timeout: 30_000 });
      return { out: stdout, err: stderr, code: 0 };
    } catch (error) {
      const { stdout, stderr, code } = error as { readonly stdout: string; readonly stderr: string; readonly code: number };
      return { out: stdout, err: stderr, code };
    }
  }

  it('creates from flags (a protobuf body) and waits for the roll-out', async () => {
    expect((await kubectl('create', 'deployment', 'web', '--image=nginx', '--replicas=0')).out).toBe('deployment.apps/web created\n');
    expect((await kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.spec.replicas}')).out).toBe('0');
    expect((await kubectl('scale', 'deployment', 'web', '--replicas=2')).out).toBe('deployment.apps/web scaled\n');
    expect((await kubectl('rollout', 'status', 'deployment/web', '--timeout=20s')).out).toContain('successfully rolled out');
    expect((await kubectl('get', 'pods', '-l', 'app=web', '--no-headers')).out.match(/Running/g)).toHaveLength(2);
  });

  it('applies manifests from the client and from the server', async () => {
    expect((await kubectl('apply', '-f', 'shop.yaml')).out).toBe('deployment.apps/shop created\nservice/shop created\n');
    expect((await kubectl('apply', '-f', 'shop.yaml')).out).toBe('deployment.apps/shop unchanged\nservice/shop unchanged\n');
    expect((await kubectl('apply', '--server-side', '-f', 'shop.yaml')).out).toBe(
      'deployment.apps/shop serverside-applied\nservice/shop serverside-applied\n',
    );
    expect((await kubectl('diff', '-f', 'shop.yaml')).code).toBe(0);
    expect((await kubectl('wait', '--for=condition=available', 'deployment/shop', '--timeout=20s')).out).toBe(
      'deployment.apps/shop condition met\n',
    );
    expect((await kubectl('delete', '-f', 'shop.yaml')).out).toContain('service "shop" deleted');
  });

  it('describes, explains, reads logs and asks what it may do', async () => {
    expect((await kubectl('describe', 'deployment', 'web')).out).toContain('Replicas:               2 desired');
    expect((await kubectl('explain', 'deployment.spec.strategy')).out).toContain('rollingUpdate');
    await kubectl('run', 'hello', '--image=busybox', '--restart=Never', '--', 'echo', 'hello from a container');
    await kubectl('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/hello', '--timeout=60s');
    expect((await kubectl('logs', 'hello')).out).toBe('hello from a container\n');
    await kubectl('delete', 'pod', 'hello');
    expect((await kubectl('auth', 'can-i', 'delete', 'nodes')).out).toBe('yes\n');
    expect((await kubectl('auth', 'can-i', 'delete', 'nodes', '--as=nobody')).out).toBe('no\n');
  });

  it('prints tables of a watch with ages', async () => {
    const watching = kubectl('get', 'pods', '-w', '--request-timeout=2s');
    await kubectl('run', 'seen', '--image=nginx');
    const { out } = await watching;
    expect(out).toMatch(/seen +0\/1 +(Pending|ContainerCreating)/);
    expect(out).not.toContain('<invalid>');
  });

  it('gets errors in the words of the API server', async () => {
    expect((await kubectl('get', 'pod', 'nothing')).err).toBe('Error from server (NotFound): pods "nothing" not found\n');
    expect((await kubectl('create', 'deployment', 'web', '--image=nginx')).err).toBe(
      'error: failed to create deployment: deployments.apps "web" already exists\n',
    );
    expect((await kubectl('get', 'pods', '--token=wrong')).err).toContain('You must be logged in to the server');
  });

  it('drains a node and takes it back', async () => {
    expect((await kubectl('drain', 'node-1', '--ignore-daemonsets', '--force', '--timeout=30s')).out).toContain('node/node-1 drained');
    expect((await kubectl('uncordon', 'node-1')).out).toBe('node/node-1 uncordoned\n');
  });

  it('runs commands in a container, with their input, output and exit code', async () => {
    await kubectl('run', 'inside', '--image=nginx');
    await kubectl('wait', '--for=condition=Ready', 'pod/inside', '--timeout=30s');
    expect(await kubectl('exec', 'inside', '--', 'sh', '-c', 'echo out; echo err >&2; exit 3')).toEqual({
      out: 'out\n',
      err: 'err\ncommand terminated with exit code 3\n',
      code: 3,
    });
    expect((await typed('one two three\n', 'exec', '-i', 'inside', '--', 'wc', '-w')).out.trim()).toBe('3');
    expect((await kubectl('exec', 'inside', '--', 'nothing')).err).toContain('executable file not found in $PATH');
    expect((await kubectl('exec', 'nothing', '--', 'ls')).err).toBe('Error from server (NotFound): pods "nothing" not found\n');
  });

  it('attaches to what it runs, and removes it', async () => {
    const { out, code } = await typed(
      'hello\n',
      'run',
      '-i',
      'box',
      '--image=busybox',
      '--restart=Never',
      '--rm',
      '--',
      'sh',
      '-c',
      'read a; echo got $a',
    );
    expect(out).toContain('got hello\n');
    expect(out).toContain('pod "box" deleted');
    expect(code).toBe(0);
  });

  it('follows a log to its end', async () => {
    await kubectl('run', 'counts', '--image=busybox', '--restart=Never', '--', 'sh', '-c', 'for i in 1 2 3; do echo $i; sleep 1; done');
    await kubectl('wait', '--for=condition=Ready', 'pod/counts', '--timeout=30s');
    expect((await kubectl('logs', '-f', 'counts')).out).toBe('1\n2\n3\n');
  });

  it('copies files in both directions', async () => {
    fs.writeFileSync(path.join(folder, 'page.html'), 'Grüße\n');
    expect(await kubectl('cp', 'page.html', 'inside:/usr/share/nginx/html/page.html')).toEqual({ out: '', err: '', code: 0 });
    expect((await kubectl('exec', 'inside', '--', 'curl', '-s', 'localhost/page.html')).out).toBe('Grüße\n');
    await kubectl('cp', 'inside:/usr/share/nginx/html', 'pages');
    expect(fs.readFileSync(path.join(folder, 'pages/page.html'), 'utf8')).toBe('Grüße\n');
  });

  it('forwards a port', async () => {
    const forward = spawn('kubectl', ['port-forward', 'pod/inside', ':80'], { env: environment(), stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const port = await new Promise<string>((resolve) =>
        forward.stdout.on('data', (text: Buffer) => {
          const found = /127\.0\.0\.1:(\d+) -> 80/.exec(text.toString())?.[1];
          if (found !== undefined) resolve(found);
        }),
      );
      const answers = await Promise.all([1, 2].map(() => fetch(`http://127.0.0.1:${port}/`)));
      for (const answer of answers) expect(await answer.text()).toContain('Welcome to nginx!');
      expect((await fetch(`http://127.0.0.1:${port}/nothing`)).status).toBe(404);
    } finally {
      forward.kill();
    }
  });
});
