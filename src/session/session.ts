import type { Input, JournalEntry, Millis, Sequence } from '#kernel/types.ts';
import { createHistory } from '#kernel/history.ts';
import { openCluster } from '#cluster/index.ts';
import type { Cluster } from '#cluster/types.ts';
import { Branch, isForeground, previousForeground } from './branch.ts';
import { FrameBuilder } from './frame.ts';
import { LookAhead } from './look-ahead.ts';
import { answer } from './queries.ts';
import type {
  ClusterChoice,
  Frame,
  InspectTarget,
  Problem,
  RunCondition,
  SessionAnswers,
  SessionCommand,
  SessionPort,
  SessionQuery,
  Tempo,
} from './port.ts';
import { conditionMet } from './conditions.ts';
import { inputsOf } from './faults.ts';
import { readSaved, replayBranches, savedOf } from './save.ts';
import { isMoment, type Moment } from './moments.ts';
import { rateOf } from './tempo.ts';
import { Timeline } from './timeline.ts';

/** A step goes over at most this much virtual time and this many events to the next event of the foreground. */
const stepMs = 60_000;
const stepEvents = 50_000;
/** `run-until` gives up after this much virtual time. */
const runLimitMs = 3_600_000;
/** A cluster is "settled" when nothing in the foreground happens for this long. */
const settledMs = 3_000;
/** More than what may be due at one moment before a terminal that is being opened. */
const openingEvents = 1_000;

/**
 * The whole application without a view: a cluster, its branches, the cursor in time, and what people do to them. It
 * has no clock: whoever hosts it calls `tick` with the wall time that has passed and gets frames through its listeners.
 */
export class Session implements SessionPort {
  private cluster!: Cluster;
  private choice!: ClusterChoice;
  private branches: readonly Branch[] = [];
  private current!: Branch;
  private playing = false;
  private tempo: Tempo = { mode: 'readable' };
  private rate = 0;
  private readonly ahead = new LookAhead();
  private running: { readonly condition: RunCondition; readonly until: Millis; quietSince: Millis } | undefined;
  /** Where playing stops by itself. */
  private stopAt: Moment | undefined;
  private target: InspectTarget | undefined;
  private frames!: FrameBuilder;
  private readonly frameListeners = new Set<(frame: Frame) => void>();
  private readonly problemListeners = new Set<(problem: Problem) => void>();

  constructor(choice: ClusterChoice) {
    if (!this.open(choice)) throw new Error(`session: there is no cluster shape "${choice.shape}"`);
  }

  onFrame(listener: (frame: Frame) => void): () => void {
    this.frameListeners.add(listener);
    return () => this.frameListeners.delete(listener);
  }

  onProblem(listener: (problem: Problem) => void): () => void {
    this.problemListeners.add(listener);
    return () => this.problemListeners.delete(listener);
  }

  /** Publishes a frame of the cursor's position to all listeners. */
  publish(): void {
    if (this.frameListeners.size === 0) return;
    const frame = this.frame();
    for (const listener of this.frameListeners) listener(frame);
  }

  /** The frame of the cursor's position. */
  frame(): Frame {
    return this.frames.build(this.current, {
      choice: this.choice,
      branches: this.branches,
      playing: this.playing || this.running !== undefined,
      tempo: this.tempo,
      rate: this.rate,
      target: this.target,
    });
  }

  /** Answers a question; never rejects. */
  ask<Q extends SessionQuery>(query: Q): Promise<SessionAnswers[Q['type']]> {
    return Promise.resolve(this.answer(query));
  }

  /** Answers a question at once. */
  answer<Q extends SessionQuery>(query: Q): SessionAnswers[Q['type']] {
    if (query.type === 'save') return savedOf(this.choice, this.branches, this.current) as SessionAnswers[Q['type']];
    return answer(this.current, this.branches, query) as SessionAnswers[Q['type']];
  }

  send(command: SessionCommand): void {
    this.obey(command);
    this.publish();
  }

  /**
   * Lets wall time pass. Returns whether anything moved.
   * @param wallMs milliseconds since the last tick
   * @param maxEvents how many events may be handled in this tick, so that a host can stay responsive
   */
  tick(wallMs: number, maxEvents: number): boolean {
    if (this.running !== undefined) return this.continueRun(maxEvents);
    if (!this.playing) return false;
    if (this.current.inPast && this.tempo.mode === 'fastest' && this.stopAt === undefined) {
      this.moveTo({ seq: this.current.playedSeq });
      return true;
    }
    this.advance(wallMs, maxEvents);
    return true;
  }

  /** Whether there is more to do than one tick allows, so that the host should tick again at once. */
  get busy(): boolean {
    return this.running !== undefined || (this.playing && this.tempo.mode === 'fastest');
  }

  /** Handles events without regard to tempo until the condition holds; for tests and tools. Returns whether it came to hold. */
  runUntil(condition: (entry: JournalEntry) => boolean, limitMs: Millis): boolean {
    const { history } = this.current;
    let met = false;
    history.advance({ untilTime: history.world.now + limitMs, until: (entry) => (met = condition(entry)) });
    this.current.play();
    return met;
  }

  /** Lets virtual time pass without regard to tempo; for tests and tools. */
  pass(ms: Millis): void {
    this.current.history.advance({ untilTime: this.current.history.world.now + ms });
    this.current.play();
  }

  /** The world at the cursor, for tests and tools. */
  get world(): Branch['history']['world'] {
    return this.current.history.world;
  }

  /** The history of the current branch, for tests and tools. */
  get history(): Branch['history'] {
    return this.current.history;
  }

  /** Puts something into the world at the cursor; a past cursor starts a branch. */
  input(input: Input): void {
    this.ahead.forget();
    const branch = this.current;
    if (branch.inPast) {
      this.startBranch(branch);
    } else if (branch.history.head.seq > branch.history.world.seq) {
      branch.history = branch.history.fork();
    }
    this.current.history = this.current.history.input(input);
    this.current.play();
  }

  private open(choice: ClusterChoice): boolean {
    const cluster = openCluster(choice);
    if (cluster === undefined) {
      this.tell({ code: 'cluster.unknown', values: { shape: choice.shape } });
      return false;
    }
    this.cluster = cluster;
    this.choice = choice;
    const epoch = cluster.world.epochMs;
    this.current = new Branch('main', 'main', undefined, epoch, createHistory(cluster.world), new Timeline(epoch));
    this.branches = [this.current];
    this.frames = new FrameBuilder(cluster);
    this.playing = false;
    this.running = undefined;
    this.ahead.forget();
    return true;
  }

  private obey(command: SessionCommand): void {
    switch (command.type) {
      case 'open':
        this.open(command.cluster);
        return;
      case 'restore':
        this.restore(command.saved);
        return;
      case 'play':
        this.playing = true;
        return;
      case 'pause':
        this.playing = false;
        this.running = undefined;
        this.rate = 0;
        return;
      case 'tempo':
        this.tempo = command.tempo;
        return;
      case 'step':
        this.step(command.direction, command.every === true);
        return;
      case 'seek':
        this.stop();
        this.moveTo(command.to === 'head' ? { seq: this.current.playedSeq } : command.to);
        return;
      case 'boot':
        this.playing = true;
        this.running = this.runTo({ type: 'time', at: this.current.history.world.now + this.cluster.upAfterMs });
        return;
      case 'run-until':
        this.running = this.runTo(command.condition);
        return;
      case 'play-until':
        this.stop();
        this.stopAt = command.moment;
        this.playing = true;
        return;
      case 'fault':
      case 'schedule':
      case 'probes': {
        const inputs = inputsOf(command, this.cluster, this.world);
        if ('code' in inputs) return this.tell(inputs);
        for (const input of inputs) this.input(input);
        return;
      }
      case 'branch':
        this.switchTo(command.branch);
        return;
      case 'branch.rename':
        for (const branch of this.branches) if (branch.id === command.branch) branch.name = command.name;
        return;
      case 'inspect':
        this.target = command.target;
        return;
      default:
        this.typed(command);
    }
  }

  private runTo(condition: RunCondition): NonNullable<Session['running']> {
    const { now } = this.world;
    return { condition, until: now + runLimitMs, quietSince: now };
  }

  private typed(command: Extract<SessionCommand, { readonly type: `terminal.${string}` }>): void {
    if (command.type === 'terminal.open') return this.openTerminal(command.user);
    const { terminal, ...message } = command;
    if (this.world.process(terminal) === undefined) {
      this.tell({ code: 'terminal.unknown', values: { user: terminal } });
      return;
    }
    this.input({ type: 'message', to: terminal, message });
    if (command.type === 'terminal.line' || command.type === 'terminal.end') this.playing = true;
  }

  /** The terminal is there at once, also while time stands still. */
  private openTerminal(user: string): void {
    const input = this.cluster.openTerminal(user, this.world);
    if (input === undefined) return this.tell({ code: 'terminal.unknown', values: { user } });
    this.input(input);
    const { history } = this.current;
    history.advance({ untilTime: history.world.now, maxEvents: openingEvents });
    this.current.play();
  }

  private step(direction: 1 | -1, every: boolean): void {
    this.stop();
    this.ahead.forget();
    const { history } = this.current;
    if (direction === 1) {
      if (every) history.step();
      else history.advance({ untilTime: history.world.now + stepMs, maxEvents: stepEvents, until: isForeground });
      this.current.play();
      return;
    }
    if (every) {
      history.stepBack();
      return;
    }
    this.moveTo({ seq: previousForeground(this.current) });
  }

  private advance(wallMs: number, maxEvents: number): void {
    const { history } = this.current;
    let wallLeft = wallMs;
    let eventsLeft = maxEvents;
    while (wallLeft > 0.01 && eventsLeft > 0) {
      const next = this.tempo.mode === 'readable' ? this.ahead.next(history) : undefined;
      // Nobody watches a cluster at rest rush by, unless there is something to come that is waited for.
      const settled = this.tempo.mode === 'fastest' && this.stopAt === undefined && this.frames.idleAt(this.current);
      this.rate = settled
        ? 1
        : rateOf(this.tempo, next === undefined ? undefined : { gapMs: next.at - next.fromTime, weight: next.weight });
      const now = history.world.now;
      const limit = this.current.inPast ? this.current.playedTime : Number.POSITIVE_INFINITY;
      const target = Number.isFinite(this.rate) ? now + this.rate * wallLeft : now + 1000;
      const until = Math.min(next === undefined ? target : Math.min(target, next.at), Math.max(limit, now));
      const before = history.world.seq;
      const reached = this.advanceTo(until, eventsLeft);
      eventsLeft -= Math.max(1, history.world.seq - before);
      wallLeft -= this.rate > 0 && Number.isFinite(this.rate) ? Math.max(0.01, (until - now) / this.rate) : 0;
      if (next !== undefined && until >= next.at) this.ahead.forget();
      if (reached) {
        this.stop();
        break;
      }
    }
    this.current.play();
  }

  /** Advances, at most to the moment at which playing is to stop; true where it came. */
  private advanceTo(untilTime: Millis, maxEvents: number): boolean {
    const { stopAt } = this;
    let reached = false;
    this.current.history.advance({
      untilTime,
      maxEvents,
      ...(stopAt === undefined ? {} : { until: (entry: JournalEntry) => (reached = isMoment(stopAt, entry)) }),
    });
    return reached;
  }

  private continueRun(maxEvents: number): boolean {
    const run = this.running!;
    const { history } = this.current;
    let met = false;
    const horizon = run.condition.type === 'time' ? run.condition.at : run.until;
    history.advance({
      untilTime: run.condition.type === 'settled' ? Math.min(horizon, run.quietSince + settledMs) : horizon,
      maxEvents,
      until: (entry) => {
        if (isForeground(entry)) run.quietSince = entry.at;
        return (met = conditionMet(run.condition, entry));
      },
    });
    this.current.play();
    const settled = run.condition.type === 'settled' && history.world.now >= run.quietSince + settledMs;
    if (met || settled || history.world.now >= horizon) this.running = undefined;
    if (met && run.condition.type === 'moment') this.stop();
    if (!met && !settled && history.world.now >= run.until) this.tell({ code: 'run.limit', values: {} });
    return true;
  }

  private stop(): void {
    this.playing = false;
    this.running = undefined;
    this.stopAt = undefined;
    this.rate = 0;
  }

  private moveTo(to: { readonly seq: Sequence } | { readonly time: Millis }): void {
    const { current } = this;
    this.ahead.forget();
    if ('seq' in to) current.history.seek({ seq: Math.max(0, Math.min(to.seq, current.playedSeq)) });
    else current.history.seek({ time: Math.max(this.cluster.world.epochMs, Math.min(to.time, current.playedTime)) });
  }

  private startBranch(from: Branch): void {
    const history = from.history.fork();
    const { seq, now } = history.world;
    const id = `branch-${this.branches.length}`;
    const branch = new Branch(id, id, from.id, now, history, from.timeline.fork(seq, now));
    branch.playedSeq = seq;
    this.branches = [...this.branches, branch];
    this.current = branch;
  }

  private switchTo(id: string): void {
    const branch = this.branches.find((item) => item.id === id);
    if (branch === undefined) return this.tell({ code: 'branch.unknown', values: { branch: id } });
    this.stop();
    this.ahead.forget();
    const time = this.current.history.world.now;
    this.current = branch;
    this.moveTo({ time: Math.min(time, branch.playedTime) });
  }

  private restore(value: unknown): void {
    const saved = readSaved(value);
    if ('code' in saved) return this.tell(saved);
    const cluster = openCluster(saved.cluster);
    if (cluster === undefined) return this.tell({ code: 'save.malformed', values: { place: 'cluster', reason: saved.cluster.shape } });
    const branches = replayBranches(saved, cluster);
    if ('code' in branches) return this.tell(branches);
    this.cluster = cluster;
    this.choice = saved.cluster;
    this.branches = branches;
    this.current = branches.find((item) => item.id === saved.branch) ?? branches[0]!;
    this.frames = new FrameBuilder(cluster);
    this.stop();
    this.ahead.forget();
    if (saved.cursor < this.current.playedSeq) this.moveTo({ seq: saved.cursor });
  }

  private tell(problem: Problem): void {
    for (const listener of this.problemListeners) listener(problem);
  }
}
