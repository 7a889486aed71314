import { generate } from 'selfsigned';

/** A key and its certificate, PEM. */
export interface ServerCertificate {
  readonly key: string;
  readonly cert: string;
}

const days = 30;

/** Makes a certificate for the loopback address. Clients trust it because the kubeconfig names it as its authority. */
export async function makeCertificate(now: Date): Promise<ServerCertificate> {
  const notAfterDate = new Date(now.getTime() + days * 24 * 3_600_000);
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'kube-orrery' }], {
    keyType: 'ec',
    notBeforeDate: now,
    notAfterDate,
    extensions: [
      { name: 'basicConstraints', cA: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  return { key, cert };
}
