import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { shapeNames } from '#cluster/index.ts';
import { openHeadless } from './headless.ts';
import { makeCertificate } from './door/certificate.ts';
import { writeKubeconfig } from './door/kubeconfig.ts';

const usage = `usage: npm run bridge -- --headless [--kubeconfig FILE] [--cluster SHAPE] [--nodes N] [--port N] [--seed N]

Opens a cluster in this process, in real time, for real clients on this machine.
SHAPE is one of ${shapeNames.join(', ')}; FILE is written when the cluster is ready (default: kube-orrery.kubeconfig here).`;

function number(name: string, text: string | undefined, fallback: number, max: number): number {
  if (text === undefined) return fallback;
  if (!/^\d+$/.test(text) || Number(text) > max) throw new Error(`--${name} is a whole number up to ${max}, not ${JSON.stringify(text)}`);
  return Number(text);
}

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      headless: { type: 'boolean' },
      help: { type: 'boolean' },
      kubeconfig: { type: 'string' },
      cluster: { type: 'string' },
      nodes: { type: 'string' },
      port: { type: 'string' },
      seed: { type: 'string' },
    },
  });
  if (values.help === true || values.headless !== true) {
    console.log(usage);
    process.exitCode = values.help === true ? 0 : 2;
    return;
  }
  const shape = values.cluster ?? 'minikube';
  if (!shapeNames.includes(shape))
    throw new Error(`there is no cluster shape ${JSON.stringify(shape)}; there are ${shapeNames.join(', ')}`);
  const nodes = values.nodes === undefined ? undefined : number('nodes', values.nodes, 0, 1000);
  const token = randomBytes(24).toString('base64url');
  const certificate = await makeCertificate(new Date());
  const headless = openHeadless({ shape, seed: number('seed', values.seed, 1, 2 ** 31), nodes }, { token, certificate });
  await new Promise<void>((resolve, reject) => {
    headless.server.once('error', reject);
    headless.server.listen(number('port', values.port, 0, 65_535), '127.0.0.1', resolve);
  });
  const url = `https://127.0.0.1:${(headless.server.address() as AddressInfo).port}`;
  const file = path.resolve(values.kubeconfig ?? 'kube-orrery.kubeconfig');
  writeKubeconfig(file, url, certificate.cert, token);
  console.log(`the cluster is ready at ${url}\nkubectl --kubeconfig ${file} get nodes`);
  const stop = (): void => {
    headless.close();
    process.exit(0);
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(`bridge: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
});
