import { formatTime, type KubeObject } from '#api/object.ts';
import { get, objectName, pathOf, type ApiResource, type Context } from '../context.ts';
import { checked, CommandError } from '../errors.ts';
import { call, currentTime, print, type Command } from '../operations.ts';

const requests: ApiResource = {
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  plural: 'certificatesigningrequests',
  singular: 'certificatesigningrequest',
  shortNames: ['csr'],
  categories: [],
  namespaced: false,
  verbs: [],
  subresources: ['approval', 'status'],
};

interface Condition {
  readonly type: string;
}

const decisions = {
  approve: { type: 'Approved', other: 'Denied', reason: 'KubectlApprove', verb: 'approved' },
  deny: { type: 'Denied', other: 'Approved', reason: 'KubectlDeny', verb: 'denied' },
} as const;

/** `kubectl certificate approve|deny` (kubectl/pkg/cmd/certificates/certificates.go). */
export function certificateCommand(what: keyof typeof decisions): (context: Context) => Command<void> {
  return function* (context) {
    const { type, other, reason, verb } = decisions[what];
    const names = context.args.map((name) => name.replace(/^(?:csr|certificatesigningrequests?(?:\.certificates\.k8s\.io)?)\//, ''));
    if (names.length === 0) throw new CommandError('one or more CSRs must be specified as <name> or -f <filename>');
    for (const name of names) {
      const object = checked(yield* call(get(pathOf(requests, '', name)))).body as unknown as KubeObject;
      const status = (object['status'] ?? {}) as { readonly conditions?: readonly Condition[] };
      const { conditions = [] } = status;
      if (conditions.some((item) => item.type === other))
        throw new CommandError(`certificate signing request ${JSON.stringify(name)} is already ${other}`);
      if (!conditions.some((item) => item.type === type) || context.flags.boolean('force')) {
        const lastUpdateTime = formatTime(yield* currentTime());
        const message = `This CSR was ${verb} by kubectl certificate ${what}.`;
        const added = { type, status: 'True', reason, message, lastUpdateTime, lastTransitionTime: null };
        const body = { ...object, status: { ...status, conditions: [...conditions.filter((item) => item.type !== type), added] } };
        checked(yield* call({ method: 'PUT', path: pathOf(requests, '', name, 'approval'), body }));
      }
      yield* print(`${objectName(requests, name)} ${verb}\n`);
    }
  };
}
