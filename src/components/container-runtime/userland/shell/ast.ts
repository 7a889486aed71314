/** A piece of a word. What was not quoted is split at blanks after its expansion, and may be a pattern of file names. */
export type Part =
  | { readonly type: 'text'; readonly text: string; readonly quoted: boolean }
  /** `$NAME`, `${NAME}`, `${NAME:-word}`, `${#NAME}` (with the operator `length`). */
  | {
      readonly type: 'parameter';
      readonly name: string;
      readonly index?: Word;
      readonly operator: string;
      readonly word: Word;
      readonly quoted: boolean;
    }
  | { readonly type: 'command'; readonly body: Node; readonly quoted: boolean }
  | { readonly type: 'arithmetic'; readonly expression: Word; readonly quoted: boolean };
export type Word = readonly Part[];

/** `duplicate` is `2>&1`; the target of a here-document is its text. */
export interface Redirection {
  readonly type: 'read' | 'write' | 'append' | 'duplicate' | 'text';
  readonly descriptor: number;
  readonly target: Word;
}

export interface Assignment {
  readonly name: string;
  readonly value: Word;
  /** `NAME=(word …)` of bash. */
  readonly items?: readonly Word[];
  /** `NAME+=value` */
  readonly append: boolean;
}

export interface Simple {
  readonly type: 'simple';
  readonly assignments: readonly Assignment[];
  readonly words: readonly Word[];
  readonly redirections: readonly Redirection[];
  readonly line: number;
}

export interface Sequence {
  readonly type: 'sequence';
  readonly items: readonly Node[];
}

export interface AndOr {
  readonly type: 'and-or';
  readonly parts: readonly { readonly when: 'always' | 'success' | 'failure'; readonly node: Node }[];
}

export interface Conditional {
  readonly type: 'if';
  readonly clauses: readonly { readonly condition: Node; readonly body: Node }[];
  readonly otherwise: Node | undefined;
}

export interface Loop {
  readonly type: 'loop';
  /** Runs while its condition fails. */
  readonly until: boolean;
  readonly condition: Node;
  readonly body: Node;
}

export interface For {
  readonly type: 'for';
  readonly name: string;
  /** Undefined where it goes over the arguments. */
  readonly words: readonly Word[] | undefined;
  readonly body: Node;
}

export interface Case {
  readonly type: 'case';
  readonly word: Word;
  readonly clauses: readonly { readonly patterns: readonly Word[]; readonly body: Node }[];
}

/** A command of the shell, parsed. */
export type Node =
  | Simple
  | Sequence
  | AndOr
  | Conditional
  | Loop
  | For
  | Case
  | { readonly type: 'pipeline'; readonly stages: readonly Node[] }
  | { readonly type: 'not'; readonly node: Node }
  | { readonly type: 'background'; readonly node: Node }
  | { readonly type: 'subshell'; readonly node: Node }
  | { readonly type: 'redirected'; readonly node: Node; readonly redirections: readonly Redirection[] }
  | { readonly type: 'function'; readonly name: string; readonly body: Node }
  /** `((expression))` of bash. */
  | { readonly type: 'arithmetic'; readonly expression: Word };
