import type { Assertion } from '#session/assertions.ts';
import type { Moment } from '#session/moments.ts';
import type { Schema } from './check.ts';
import type { Beat, BeatTexts, Lesson, Scenario, ScenarioTexts, Setup } from './format.ts';

/** An object with exactly the fields of a type: one that the schema lacks, or has too much, fails the type check. */
function object<T>(required: readonly (keyof T & string)[], properties: { readonly [K in keyof T]-?: Schema }): Schema {
  return { type: 'object', required, properties: properties as Readonly<Record<string, Schema>>, additionalProperties: false };
}
const list = (items: Schema, minItems = 0): Schema => ({ type: 'array', items, minItems });
const constant = (value: unknown): Schema => ({ const: value });

const text: Schema = { type: 'string', minLength: 1 };
const positive: Schema = { type: 'number', exclusiveMinimum: 0 };
const id: Schema = { type: 'string', pattern: '^[a-z][a-z0-9-]*$' };
const address: Schema = { type: 'string', pattern: '^[^/|]+/[^|]+$' };
const pattern: Schema = {
  type: 'string',
  minLength: 1,
  description: 'An address (with or without its host) or a label; * stands for any text.',
};

const moment: Schema = {
  ...object<Moment>([], {
    process: pattern,
    from: pattern,
    label: pattern,
    gate: pattern,
    verdict: { enum: ['passed', 'refused'] },
    client: pattern,
    lost: { type: 'boolean' },
  }),
  minProperties: 1,
  description: 'A moment of the run, by what happens and not by where it stands.',
};

const assertion = object<Assertion>(['resource'], {
  resource: { ...text, description: 'The plural: deployments.' },
  namespace: text,
  name: text,
  selector: text,
  field: { ...text, description: 'A dotted path into the object: status.readyReplicas.' },
  is: { description: 'What the field has to be.' },
  count: { type: 'number', description: 'How many objects fit; at least one where it is not given.' },
});

type FaultOf<K> = Extract<NonNullable<Beat['faults']>[number], { readonly type: K }>;

const fault: Schema = {
  oneOf: [
    object<FaultOf<'stop' | 'kill' | 'start' | 'restart'>>(['type', 'address'], {
      type: { enum: ['stop', 'kill', 'start', 'restart'] },
      address,
    }),
    object<FaultOf<'link'>>(['type', 'between'], {
      type: constant('link'),
      between: { type: 'array', items: text, minItems: 2, maxItems: 2 },
      options: {
        ...object<NonNullable<FaultOf<'link'>['options']>>([], { latencyMs: positive, loss: positive, cut: { type: 'boolean' } }),
        description: 'What is wrong with the link; without it the link is healed.',
      },
    }),
    object<FaultOf<'lose'>>(['type', 'moment'], { type: constant('lose'), moment }),
  ],
};

type AskOf<K> = Extract<NonNullable<Beat['ask']>, { readonly kind: K }>;
const fact: Schema = { enum: ['component', 'from', 'label', 'seconds'], description: 'What is asked of the event.' };

const ask: Schema = {
  oneOf: [
    object<AskOf<'choice'>>(['kind', 'fact', 'options'], { kind: constant('choice'), fact, options: list(text, 2) }),
    object<AskOf<'value'>>(['kind', 'fact'], {
      kind: constant('value'),
      fact,
      within: { ...positive, description: 'How far a number may be off.' },
    }),
    object<AskOf<'point'>>(['kind', 'fact'], { kind: constant('point'), fact: { enum: ['component', 'from'] } }),
  ],
};

type Camera = NonNullable<Beat['camera']>;
type SelectOf<K> = Extract<NonNullable<Camera['select']>, { readonly type: K }>;

const camera = object<Camera>([], {
  view: { enum: ['ladder', 'keyspace', 'caches', 'queues', 'schedule', 'audit', 'activity'] },
  select: {
    oneOf: [
      object<SelectOf<'process'>>(['type', 'address'], { type: constant('process'), address }),
      object<SelectOf<'object'>>(['type', 'resource', 'namespace', 'name'], {
        type: constant('object'),
        resource: text,
        namespace: { type: 'string' },
        name: text,
      }),
    ],
  },
  story: { type: 'boolean', description: 'Nothing but the story of the event is drawn.' },
});

const faults = { ...list(fault, 1), description: 'What is done to the cluster from outside before.' };

const setup = object<Setup>([], { types: text, terminal: address, faults, seconds: positive });

const beat = object<Beat>(['id', 'moment'], {
  id,
  types: { ...text, description: 'A line that is typed before.' },
  terminal: { ...address, description: 'In whose window: bob/terminal, alice/terminal-2.' },
  faults,
  fast: { type: 'boolean', description: 'The way to the moment is gone as fast as possible.' },
  moment,
  ask,
  camera,
});

export const scenarioSchema = object<Scenario>(
  ['format', 'version', 'id', 'part', 'minutes', 'cluster', 'bootSeconds', 'beats', 'goal', 'solution', 'broken', 'links'],
  {
    format: constant('kube-orrery-scenario'),
    version: constant(1),
    id,
    part: { enum: ['story', 'watches', 'depth', 'challenge', 'own'] },
    after: list(id),
    minutes: positive,
    cluster: object<Scenario['cluster']>(['shape', 'seed'], { shape: text, seed: { type: 'number' }, nodes: { type: 'number' } }),
    bootSeconds: positive,
    setup: { ...list(setup), description: 'How the learner finds the cluster.' },
    beats: list(beat),
    goal: list(assertion, 1),
    solution: list(text, 1),
    repair: { ...list(fault, 1), description: 'What the solution does from outside, before its lines are typed.' },
    broken: list(text),
    links: list({ type: 'string', pattern: '^https://' }),
  },
);

const beatTexts = object<BeatTexts>(['say', 'teacher'], { say: text, ask: text, teacher: text });

const textsSchema = object<ScenarioTexts>(['title', 'question', 'misconception', 'beats', 'goal', 'hints', 'done'], {
  title: text,
  question: text,
  misconception: { type: 'string' },
  beats: { type: 'object', additionalProperties: beatTexts },
  goal: text,
  hints: list(text),
  done: text,
});

/** A lesson as one file. */
export const lessonSchema: Schema = object<Lesson>(['scenario', 'texts'], {
  scenario: scenarioSchema,
  texts: { ...object<Lesson['texts']>([], { en: textsSchema, 'zh-CN': textsSchema }), minProperties: 1 },
});
