import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { makeCertificate } from '../../src/bridge/door/certificate.ts';
import { openHeadless, type Headless } from '../../src/bridge/headless.ts';
import { decodeBody, ProtobufError } from '../../src/bridge/protobuf/decode.ts';

describe('the door', () => {
  let headless: Headless;
  let port: number;

  beforeAll(async () => {
    headless = openHeadless({ shape: 'oracle', seed: 1 }, { token: 'secret', certificate: await makeCertificate(new Date()) });
    await new Promise<void>((resolve) => void headless.server.listen(0, '127.0.0.1', resolve));
    ({ port } = headless.server.address() as AddressInfo);
  }, 60_000);
  afterAll(() => headless.close());

  function request(
    path: string,
    headers: Readonly<Record<string, string>>,
    method = 'GET',
    body?: Buffer,
  ): Promise<{ readonly status: number; readonly text: string; readonly headers: NodeJS.Dict<string | string[]> }> {
    return new Promise((resolve, reject) => {
      const outgoing = https.request({ port, host: '127.0.0.1', path, method, headers, rejectUnauthorized: false }, (incoming) => {
        const parts: Buffer[] = [];
        incoming.on('data', (part: Buffer) => parts.push(part));
        incoming.on('end', () =>
          resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(parts).toString(), headers: incoming.headers }),
        );
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }
  const mine = { authorization: 'Bearer secret' };

  it('opens for its token only', async () => {
    expect((await request('/version', mine)).status).toBe(200);
    expect((await request('/version', {})).status).toBe(401);
    expect((await request('/api/v1/pods', { authorization: 'Bearer other' })).status).toBe(401);
  });
  it('refuses foreign hosts and origins', async () => {
    expect((await request('/version', { ...mine, host: 'attacker.example' })).status).toBe(403);
    expect((await request('/version', { ...mine, origin: 'https://attacker.example' })).status).toBe(403);
    expect((await request('/version', { ...mine, origin: `https://localhost:${port}` })).status).toBe(200);
  });
  it('lets a service account in with its own token', async () => {
    const path = '/api/v1/namespaces/default/serviceaccounts/default/token';
    const issued = JSON.parse(
      (await request(path, { ...mine, 'content-type': 'application/json' }, 'POST', Buffer.from('{"spec":{}}'))).text,
    ) as { readonly status: { readonly token: string } };
    const answer = await request('/api/v1/pods', { authorization: `Bearer ${issued.status.token}` });
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('system:serviceaccount:default:default');
  });
  it('limits bodies as the API server does', async () => {
    expect(
      (await request('/api/v1/namespaces', { ...mine, 'content-type': 'application/json' }, 'POST', Buffer.alloc(4 * 1024 * 1024))).status,
    ).toBe(413);
  });
  it('answers bodies that are nothing with a Status', async () => {
    for (const type of ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']) {
      const answer = await request('/api/v1/namespaces', { ...mine, 'content-type': type }, 'POST', Buffer.from([0xff, 0x00, 0x7b]));
      expect([type, answer.status]).toEqual([type, 400]);
      expect(JSON.parse(answer.text)).toMatchObject({ kind: 'Status', status: 'Failure' });
    }
  });
  it('checks what wants to become a stream as everything else', async () => {
    const upgrade = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    };
    const path = '/api/v1/namespaces/default/pods/none/exec?command=ls';
    const offered = { ...upgrade, 'sec-websocket-protocol': 'v5.channel.k8s.io' };
    expect((await request(path, { ...offered })).status).toBe(401);
    expect((await request(path, { ...mine, ...offered, origin: 'https://attacker.example' })).status).toBe(403);
    expect((await request(path, { ...mine, ...offered, host: 'attacker.example' })).status).toBe(403);
    expect((await request(path, { ...mine, ...upgrade })).status).toBe(400);
    expect((await request(path, { ...mine, ...offered })).status).toBe(404);
    expect((await request(path, mine)).status).toBe(404);
  });
  it('sends the headers of a watch before its first event', async () => {
    const status = await new Promise<number>((resolve, reject) => {
      const outgoing = https.get(
        {
          port,
          host: '127.0.0.1',
          path: '/api/v1/namespaces/none/pods?watch=true&resourceVersion=1000000',
          headers: mine,
          rejectUnauthorized: false,
        },
        (incoming) => {
          resolve(incoming.statusCode ?? 0);
          incoming.destroy();
        },
      );
      outgoing.on('error', reject);
    });
    expect(status).toBe(200);
  });
});

describe('protobuf', () => {
  it('says what is wrong, whatever the bytes', () => {
    const decode = (bytes: Uint8Array): void => {
      try {
        decodeBody(bytes);
      } catch (error) {
        if (!(error instanceof ProtobufError)) throw error;
      }
    };
    const typed = Buffer.from('6b3873000a0d0a02763112074', 'hex');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => decode(bytes)),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => decode(Buffer.concat([typed, bytes]))),
      { numRuns: 500 },
    );
  });
  it('keeps a zero behind a pointer and leaves an empty text out', () => {
    // v1 Pod {metadata: {name: "a", namespace: ""}, spec: {terminationGracePeriodSeconds: 0, containers: [{name: "c"}]}}
    const field = (number: number, bytes: readonly number[]): readonly number[] => [(number << 3) | 2, bytes.length, ...bytes];
    const text = (value: string): readonly number[] => [...Buffer.from(value)];
    const pod = [...field(1, [...field(1, text('a')), ...field(3, [])]), ...field(2, [...field(2, field(1, text('c'))), (4 << 3) | 0, 0])];
    const body = [0x6b, 0x38, 0x73, 0, ...field(1, [...field(1, text('v1')), ...field(2, text('Pod'))]), ...field(2, pod)];
    expect(decodeBody(Uint8Array.from(body))).toMatchObject({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a' },
      spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c' }] },
    });
    expect(decodeBody(Uint8Array.from(body))['metadata']).toEqual({ name: 'a' });
  });
});
