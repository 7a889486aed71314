import fs from 'node:fs';
import { stringify } from 'yaml';

/** Writes a kubeconfig for one start of the bridge; only its owner may read it. @param authority PEM */
export function writeKubeconfig(file: string, server: string, authority: string, token: string): void {
  const name = 'kube-orrery';
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': Buffer.from(authority).toString('base64') } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
  fs.writeFileSync(file, stringify(config), { mode: 0o600 });
}
