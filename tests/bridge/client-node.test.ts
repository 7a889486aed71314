import type { AddressInfo } from 'node:net';
import net from 'node:net';
import { Writable } from 'node:stream';
import { CoreV1Api, Exec, KubeConfig, PortForward, Watch, type V1Status } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificate } from '../../src/bridge/door/certificate.ts';
import { openHeadless, type Headless } from '../../src/bridge/headless.ts';

/** A stream that keeps what is written to it. */
class Kept extends Writable {
  text = '';
  override _write(part: Buffer, _encoding: string, done: () => void): void {
    this.text += part.toString();
    done();
  }
}

describe('@kubernetes/client-node', { timeout: 60_000 }, () => {
  let headless: Headless;
  const config = new KubeConfig();
  const namespace = 'default';
  const name = 'web';

  beforeAll(async () => {
    const certificate = await makeCertificate(new Date());
    headless = openHeadless({ shape: 'minikube', seed: 1 }, { token: 'secret', certificate });
    await new Promise<void>((resolve) => void headless.server.listen(0, '127.0.0.1', resolve));
    const { port } = headless.server.address() as AddressInfo;
    const caData = Buffer.from(certificate.cert).toString('base64');
    config.loadFromClusterAndUser(
      { name: 'orrery', skipTLSVerify: false, server: `https://127.0.0.1:${port}`, caData },
      { name: 'me', token: 'secret' },
    );
  }, 60_000);
  afterAll(() => headless?.close());

  it('lists, watches and creates', async () => {
    const core = config.makeApiClient(CoreV1Api);
    expect((await core.listNode()).items).toHaveLength(1);
    const seen: string[] = [];
    const running = new Promise<void>((resolve) => {
      void new Watch(config).watch(
        `/api/v1/namespaces/${namespace}/pods`,
        {},
        (type, pod: { readonly metadata: { readonly name: string }; readonly status?: { readonly phase?: string } }) => {
          seen.push(`${type} ${pod.metadata.name}`);
          if (pod.status?.phase === 'Running') resolve();
        },
        () => undefined,
      );
    });
    await core.createNamespacedPod({ namespace, body: { metadata: { name }, spec: { containers: [{ name, image: 'nginx' }] } } });
    await running;
    expect(seen[0]).toBe(`ADDED ${name}`);
    expect(seen).toContain(`MODIFIED ${name}`);
  });

  it('runs a command', async () => {
    const [out, err] = [new Kept(), new Kept()];
    const command = ['sh', '-c', 'echo out; echo err >&2; exit 2'];
    const status = await new Promise<V1Status>((resolve, reject) => {
      new Exec(config).exec(namespace, name, name, command, out, err, null, false, resolve).catch(reject);
    });
    expect(status).toMatchObject({ status: 'Failure', reason: 'NonZeroExitCode' });
    expect([out.text, err.text]).toEqual(['out\n', 'err\n']);
  });

  it('forwards a port', async () => {
    const forward = new PortForward(config);
    const server = net.createServer((socket) => void forward.portForward(namespace, name, [80], socket, null, socket));
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    try {
      const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { headers: { connection: 'close' } });
      expect(await answer.text()).toContain('Welcome to nginx!');
    } finally {
      server.close();
    }
  });
});
