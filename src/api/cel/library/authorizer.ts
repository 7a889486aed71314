import type { Library } from './types.ts';

/** What an authorizer is asked; who asks is known to it. */
export interface AccessCheck {
  readonly verb: string;
  readonly path?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  /** Asks for this service account instead of the user of the request. */
  readonly serviceAccount?: { readonly namespace: string; readonly name: string };
}
export interface AccessDecision {
  readonly allowed: boolean;
  readonly reason: string;
}
type Ask = (check: AccessCheck) => AccessDecision;
type Question = Omit<AccessCheck, 'verb'>;

class Check {
  readonly ask: Ask;
  readonly question: Question;
  constructor(ask: Ask, question: Question) {
    this.ask = ask;
    this.question = question;
  }
}
class PathCheck extends Check {}
class GroupCheck extends Check {}
class ResourceCheck extends Check {}

/** The variable `authorizer`. */
export class Authorizer extends Check {
  readonly requestResource: ResourceCheck;
  constructor(ask: Ask, requestResource: Question, question: Question = {}) {
    super(ask, question);
    this.requestResource = new ResourceCheck(ask, { ...question, ...requestResource });
  }
}
class Decision {
  readonly decision: AccessDecision;
  constructor(decision: AccessDecision) {
    this.decision = decision;
  }
}

const decide = ({ ask, question }: Check, verb: string): Decision => new Decision(ask({ ...question, verb }));
const narrowed =
  (field: 'subresource' | 'namespace' | 'name') =>
  ({ ask, question }: ResourceCheck, value: string): ResourceCheck =>
    new ResourceCheck(ask, { ...question, [field]: value });

const prefix = 'kubernetes.authorization';

/** k8s.io/apiserver/pkg/cel/library/authz.go. */
export const authorizer: Library = {
  types: {
    [`${prefix}.PathCheck`]: PathCheck,
    [`${prefix}.GroupCheck`]: GroupCheck,
    [`${prefix}.ResourceCheck`]: ResourceCheck,
    [`${prefix}.Decision`]: Decision,
    [`${prefix}.Authorizer`]: Authorizer,
  },
  functions: [
    [
      `${prefix}.Authorizer.path(string): ${prefix}.PathCheck`,
      ({ ask, question }: Check, path: string) => new PathCheck(ask, { ...question, path }),
    ],
    [
      `${prefix}.Authorizer.group(string): ${prefix}.GroupCheck`,
      ({ ask, question }: Check, group: string) => new GroupCheck(ask, { ...question, group }),
    ],
    [
      `${prefix}.Authorizer.serviceAccount(string, string): ${prefix}.Authorizer`,
      ({ ask, requestResource }: Authorizer, namespace: string, name: string) =>
        new Authorizer(ask, requestResource.question, { serviceAccount: { namespace, name } }),
    ],
    [
      `${prefix}.GroupCheck.resource(string): ${prefix}.ResourceCheck`,
      ({ ask, question }: Check, resource: string) => new ResourceCheck(ask, { ...question, resource }),
    ],
    [`${prefix}.ResourceCheck.subresource(string): ${prefix}.ResourceCheck`, narrowed('subresource')],
    [`${prefix}.ResourceCheck.namespace(string): ${prefix}.ResourceCheck`, narrowed('namespace')],
    [`${prefix}.ResourceCheck.name(string): ${prefix}.ResourceCheck`, narrowed('name')],
    [`${prefix}.PathCheck.check(string): ${prefix}.Decision`, decide],
    [`${prefix}.ResourceCheck.check(string): ${prefix}.Decision`, decide],
    [`${prefix}.Decision.allowed(): bool`, ({ decision }: Decision) => decision.allowed],
    [`${prefix}.Decision.reason(): string`, ({ decision }: Decision) => decision.reason],
    // An authorizer of this server decides without asking anybody, so it cannot fail.
    [`${prefix}.Decision.errored(): bool`, () => false],
    [`${prefix}.Decision.error(): string`, () => ''],
  ],
};
