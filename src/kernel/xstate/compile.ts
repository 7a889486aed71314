import type { AnyStateMachine, AnyStateNode } from 'xstate';
import type { Effect } from '../types.ts';
import { compileActions, type CompiledAction, type Run } from './actions.ts';
import { compileGuard, type CompiledGuard } from './guards.ts';

/** An event as the interpreter needs it: XState selects transitions by `type`. */
export interface MachineEvent {
  readonly type: string;
}

/** What is kept of a running machine. `value` is the path of its states: `running.leading`; '' for a machine without states. */
export interface MachineState {
  readonly value: string;
  readonly context: unknown;
}

/** A delay that began (`after`, `raise` with a delay): to be delivered back as `event` unless cancelled by `id`. */
export interface ArmedDelay {
  readonly id: string;
  readonly delayMs: number;
  readonly event: MachineEvent;
}

/** What a step led to. `scheduled` holds delays and cancellations in their order. */
export interface StepResult extends MachineState {
  readonly effects: readonly Effect[];
  readonly scheduled: readonly (ArmedDelay | { readonly cancel: string })[];
  /** The machine has reached a top-level final state. */
  readonly done: boolean;
}

/** A machine as a pure step function. */
export interface CompiledMachine {
  readonly id: string;
  /** Whether any of its states has a transition for such an event. */
  hears(type: string): boolean;
  initial(): StepResult;
  step(state: MachineState, event: MachineEvent): StepResult;
}

interface Transition {
  readonly source: Node;
  readonly target: Node | undefined;
  readonly guard: CompiledGuard | undefined;
  readonly actions: readonly CompiledAction[];
  /** States up to this one are left. */
  readonly scope: Node;
  /** Whether `scope` itself is left and entered again. */
  readonly reenters: boolean;
  /** The states between `scope` and the target, in the order in which they are entered; the target is the last. */
  readonly path: readonly Node[];
}

interface Node {
  readonly path: string;
  readonly depth: number;
  readonly parent: Node | undefined;
  readonly final: boolean;
  readonly doneEvent: string;
  entry: readonly CompiledAction[];
  exit: readonly CompiledAction[];
  always: readonly Transition[];
  exact: ReadonlyMap<string, readonly Transition[]>;
  /** Descriptors with a wildcard, most specific first: `pod.*`, `*`. */
  wild: readonly (readonly [prefix: string, transitions: readonly Transition[]])[];
  /** The states down to the initial one, and what is done on the way to the first of them. */
  initial: { readonly path: readonly Node[]; readonly actions: readonly CompiledAction[] } | undefined;
}

/** More eventless and raised transitions than this in one step are a loop in the definition. */
const maxMicrosteps = 1000;
const compiled = new WeakMap<AnyStateMachine, CompiledMachine>();
const noEffects: readonly never[] = [];

/**
 * Compiles a machine definition; each definition once. Throws, naming machine and place, for what the interpreter does
 * not support: parallel and history states, invoked and spawned actors, actions that are no `assign`, `emit`, `raise`,
 * `cancel`, `enqueueActions` or `step`.
 */
export function compile(machine: AnyStateMachine): CompiledMachine {
  let result = compiled.get(machine);
  if (result === undefined) {
    result = new Compiler(machine).compile();
    compiled.set(machine, result);
  }
  return result;
}

class Compiler {
  private readonly nodes = new Map<AnyStateNode, Node>();

  constructor(private readonly machine: AnyStateMachine) {}

  compile(): CompiledMachine {
    const root = this.declare(this.machine.root, undefined);
    for (const [definition, node] of this.nodes) this.define(definition, node);
    const byPath = new Map([...this.nodes.values()].map((node) => [node.path, node]));
    return new Interpreter(this.machine, root, byPath);
  }

  private fail(definition: AnyStateNode, what: string): never {
    throw new Error(`machine "${this.machine.id}", state "${definition.path.join('.')}": ${what} is not supported by the compiled bridge`);
  }

  private declare(definition: AnyStateNode, parent: Node | undefined): Node {
    if (definition.type === 'parallel' || definition.type === 'history') this.fail(definition, `a ${definition.type} state`);
    if (definition.invoke.length > 0) this.fail(definition, 'invoke');
    const node: Node = {
      path: definition.path.join('.'),
      depth: definition.path.length,
      parent,
      final: definition.type === 'final',
      doneEvent: `xstate.done.state.${definition.id}`,
      entry: [],
      exit: [],
      always: [],
      exact: new Map(),
      wild: [],
      initial: undefined,
    };
    this.nodes.set(definition, node);
    for (const child of Object.values(definition.states) as AnyStateNode[]) this.declare(child, node);
    return node;
  }

  private define(definition: AnyStateNode, node: Node): void {
    const actions = (list: readonly unknown[]): readonly CompiledAction[] => compileActions(this.machine, node.path, list);
    node.entry = actions(definition.entry);
    node.exit = actions(definition.exit);
    node.always = (definition.always ?? []).map((item) => this.transition(node, item));
    const exact = new Map<string, readonly Transition[]>();
    const wild: [string, readonly Transition[]][] = [];
    for (const [descriptor, items] of definition.transitions) {
      const list = items.map((item: unknown) => this.transition(node, item));
      if (descriptor === '*') wild.push(['', list]);
      else if (descriptor.endsWith('.*')) wild.push([descriptor.slice(0, -1), list]);
      else exact.set(descriptor, list);
    }
    node.exact = exact;
    node.wild = wild.sort(([a], [b]) => b.length - a.length);
    if (definition.type === 'compound') {
      const initial = definition.initial as unknown as { readonly target: readonly AnyStateNode[]; readonly actions: readonly unknown[] };
      node.initial = { path: pathTo(this.nodes.get(initial.target[0]!)!, node, false), actions: actions(initial.actions) };
    }
  }

  private transition(source: Node, item: unknown): Transition {
    const { target, guard, actions, reenter } = item as {
      readonly target?: readonly AnyStateNode[];
      readonly guard?: unknown;
      readonly actions: readonly unknown[];
      readonly reenter?: boolean;
    };
    if (target !== undefined && target.length > 1)
      throw new Error(`machine "${this.machine.id}", state "${source.path}": several targets are not supported`);
    const to = target?.[0] === undefined ? undefined : this.nodes.get(target[0])!;
    return {
      source,
      target: to,
      guard: guard === undefined ? undefined : compileGuard(this.machine, source.path, guard),
      actions: compileActions(this.machine, source.path, actions),
      ...way(source, to, reenter === true, this.nodes.get(this.machine.root)!),
    };
  }
}

/** Which states a transition leaves and enters. */
function way(source: Node, target: Node | undefined, reenter: boolean, root: Node): Pick<Transition, 'scope' | 'reenters' | 'path'> {
  if (target === undefined) return { scope: source, reenters: false, path: [] };
  const inside = !reenter && (target === source || isDescendant(target, source));
  const domain = inside ? source : commonAncestor(target, source);
  const scope = domain ?? root;
  const reenters = reenter && source === domain;
  return { scope, reenters, path: pathTo(target, scope, reenters) };
}

/** The states from below `scope` (or from `scope` itself) down to `target`. */
function pathTo(target: Node, scope: Node, includeScope: boolean): readonly Node[] {
  const path: Node[] = [];
  for (let node: Node | undefined = target; node !== undefined && (node !== scope || includeScope); node = node.parent) {
    path.push(node);
    if (node === scope) break;
  }
  return path.reverse();
}

/** One step while it is taken, and what it led to. */
class Macrostep implements Run, StepResult {
  effects: readonly Effect[] = noEffects;
  scheduled: readonly (ArmedDelay | { readonly cancel: string })[] = noEffects;
  queue: MachineEvent[] | undefined;

  constructor(
    public node: Node,
    public context: unknown,
    public event: MachineEvent,
  ) {}

  get value(): string {
    return this.node.path;
  }

  get done(): boolean {
    return isDone(this.node);
  }

  emit(effect: Effect): void {
    this.effects = [...this.effects, effect];
  }

  emitAll(effects: readonly Effect[]): void {
    if (effects.length > 0) this.effects = this.effects.length === 0 ? effects : [...this.effects, ...effects];
  }

  raise(event: MachineEvent): void {
    (this.queue ??= []).push(event);
  }

  arm(id: string, delayMs: number, event: MachineEvent): void {
    this.scheduled = [...this.scheduled, { id, delayMs, event }];
  }

  cancel(id: string): void {
    this.scheduled = [...this.scheduled, { cancel: id }];
  }

  perform(actions: readonly CompiledAction[]): void {
    for (const action of actions) action(this);
  }
}

class Interpreter implements CompiledMachine {
  readonly id: string;
  private first: StepResult | undefined;
  private readonly exact: ReadonlySet<string>;
  private readonly prefixes: readonly string[];

  constructor(
    private readonly machine: AnyStateMachine,
    private readonly root: Node,
    private readonly nodes: ReadonlyMap<string, Node>,
  ) {
    this.id = machine.id;
    const all = [...nodes.values()];
    this.exact = new Set(all.flatMap((node) => [...node.exact.keys()]));
    this.prefixes = all.flatMap((node) => node.wild.map(([prefix]) => prefix));
  }

  hears(type: string): boolean {
    return this.exact.has(type) || this.prefixes.some((prefix) => type.startsWith(prefix));
  }

  initial(): StepResult {
    if (this.first !== undefined) return this.first;
    const { context } = this.machine.config as { readonly context?: unknown };
    if (typeof context === 'function') throw new Error(`machine "${this.id}": its context must be data; it is filled by the first event`);
    const run = new Macrostep(this.root, context ?? {}, { type: 'xstate.init' });
    run.perform(this.root.entry);
    this.enterInitial(run, this.root);
    this.settle(run);
    this.first = run;
    return run;
  }

  step(state: MachineState, event: MachineEvent): StepResult {
    const node = this.nodes.get(state.value);
    if (node === undefined) throw new Error(`machine "${this.id}" has no state "${state.value}"`);
    const run = new Macrostep(node, state.context, event);
    const transition = select(run, event);
    if (transition !== undefined) this.take(run, transition);
    this.settle(run);
    return run;
  }

  /** Eventless transitions first, then raised events, until there is nothing left. */
  private settle(run: Macrostep): void {
    let selectEventless = true;
    for (let count = 0; !isDone(run.node); count++) {
      if (count > maxMicrosteps)
        throw new Error(`machine "${this.id}": more than ${maxMicrosteps} eventless transitions in state "${run.node.path}"`);
      let transition: Transition | undefined = selectEventless ? firstEventless(run) : undefined;
      const eventless: boolean = transition !== undefined;
      if (transition === undefined) {
        const next = run.queue?.shift();
        if (next === undefined) return;
        run.event = next;
        transition = select(run, next);
      }
      const before = run.node;
      const contextBefore = run.context;
      if (transition !== undefined) this.take(run, transition);
      // An eventless transition that changed nothing would be taken for ever: XState does not select it again.
      selectEventless = !eventless || before !== run.node || contextBefore !== run.context;
    }
  }

  private take(run: Macrostep, transition: Transition): void {
    const { target, scope, reenters, path } = transition;
    if (target === undefined) {
      run.perform(transition.actions);
      return;
    }
    let node: Node | undefined = run.node;
    while (node !== undefined && node !== scope && isDescendant(node, scope)) {
      run.perform(node.exit);
      node = node.parent;
    }
    if (reenters) run.perform(scope.exit);
    run.perform(transition.actions);
    run.node = scope;
    for (const entered of path) this.enterNode(run, entered);
    this.enterInitial(run, target);
  }

  private enterInitial(run: Macrostep, from: Node): void {
    run.node = from;
    for (let node = from; node.initial !== undefined; node = run.node) {
      const { path, actions } = node.initial;
      for (let index = 0; index < path.length; index++) this.enterNode(run, path[index]!, index === 0 ? actions : undefined);
    }
  }

  private enterNode(run: Macrostep, node: Node, initialActions?: readonly CompiledAction[]): void {
    run.node = node;
    if (initialActions !== undefined) run.perform(initialActions);
    run.perform(node.entry);
    if (!node.final || node.parent === undefined) return;
    if (node.parent.parent === undefined) {
      // The machine is done: XState leaves all its states.
      for (let left: Node | undefined = node; left !== undefined; left = left.parent) run.perform(left.exit);
    } else {
      run.raise({ type: node.parent.doneEvent });
    }
  }
}

function isDone(node: Node): boolean {
  return node.final && node.depth === 1;
}

function isDescendant(node: Node, ancestor: Node): boolean {
  for (let parent = node.parent; parent !== undefined; parent = parent.parent) if (parent === ancestor) return true;
  return false;
}

/** The deepest proper ancestor of both. */
function commonAncestor(a: Node, b: Node): Node | undefined {
  for (let parent = b.parent; parent !== undefined; parent = parent.parent) if (isDescendant(a, parent)) return parent;
  return undefined;
}

function firstEnabled(run: Macrostep, candidates: readonly Transition[]): Transition | undefined {
  for (let i = 0; i < candidates.length; i++) {
    const transition = candidates[i]!;
    if (transition.guard === undefined || transition.guard(run)) return transition;
  }
  return undefined;
}

function firstEventless(run: Macrostep): Transition | undefined {
  for (let node: Node | undefined = run.node; node !== undefined; node = node.parent) {
    const found = node.always.length === 0 ? undefined : firstEnabled(run, node.always);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The transition for an event: the deepest state's first whose guard holds; exact descriptors before wildcards. */
function select(run: Macrostep, event: MachineEvent): Transition | undefined {
  for (let node: Node | undefined = run.node; node !== undefined; node = node.parent) {
    const exact = node.exact.get(event.type);
    const found = exact === undefined ? undefined : firstEnabled(run, exact);
    if (found !== undefined) return found;
    for (const [prefix, transitions] of node.wild) {
      if (!event.type.startsWith(prefix) && `${event.type}.` !== prefix) continue;
      const wild = firstEnabled(run, transitions);
      if (wild !== undefined) return wild;
    }
  }
  return undefined;
}
