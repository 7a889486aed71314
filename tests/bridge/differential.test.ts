import { execFile } from 'node:child_process';
import fs from 'node:fs';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificate } from '../../src/bridge/door/certificate.ts';
import { writeKubeconfig } from '../../src/bridge/door/kubeconfig.ts';
import { openHeadless, type Headless } from '../../src/bridge/headless.ts';
import { preparation, table } from './differential.ts';
import { kubectlIsThere } from './real-kubectl.ts';

const run = promisify(execFile);
const terminal = 'alice/terminal';

/** Without what differs by nature: ages, the width of columns, the order of what comes from maps, and what klog says. */
function plain(text: string): string {
  return text
    .replace(/\b(?:\d+[smhd])+\b/g, 'AGE')
    .split('\n')
    .filter((line) => !/^[EIW]\d{4} /.test(line))
    .map((line) => line.replace(/[ \t]+/g, ' ').trim())
    .sort()
    .join('\n')
    .trim();
}

describe.skipIf(!kubectlIsThere())('kubectl here and a real one', { timeout: 30_000 }, () => {
  let headless: Headless;
  let folder: string;

  async function real(line: string): Promise<string> {
    const env = { ...process.env, KUBECONFIG: path.join(folder, 'config'), HOME: folder };
    const options = { cwd: folder, env, timeout: 25_000 };
    try {
      const { stdout, stderr } = await run('sh', ['-c', `kubectl ${line}`], options);
      return stdout + stderr;
    } catch (error) {
      const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string };
      return stdout + stderr;
    }
  }

  /** Types a line in the terminal of the simulated user, and waits for its end. */
  async function simulated(line: string): Promise<string> {
    const screen = () => headless.session.frame().terminals.find((item) => item.id === terminal)!;
    const before = screen().lines.length;
    const message = { type: 'terminal.line', line: `kubectl ${line}` };
    headless.session.input({ type: 'message', to: terminal, message });
    do await new Promise((resolve) => setTimeout(resolve, 20));
    while (screen().busy || screen().lines.length === before);
    return screen()
      .lines.slice(before + 1)
      .map((item) => `${item.text}\n`)
      .join('');
  }

  beforeAll(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kube-orrery-'));
    const certificate = await makeCertificate(new Date());
    headless = openHeadless({ shape: 'minikube', seed: 1 }, { token: 'secret', certificate });
    await new Promise<void>((resolve) => void headless.server.listen(0, '127.0.0.1', resolve));
    const { port } = headless.server.address() as AddressInfo;
    writeKubeconfig(path.join(folder, 'config'), `https://127.0.0.1:${port}`, certificate.cert, 'secret');
    for (const line of preparation) await real(line);
  }, 120_000);
  afterAll(() => {
    headless?.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  it.each(table)('%s', async (line) => {
    expect(plain(await simulated(line))).toBe(plain(await real(line)));
  });
});
