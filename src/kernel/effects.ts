import { writeFile } from './inputs.ts';
import type { Address, Effect, Origin } from './types.ts';
import type { World } from './world.ts';

type Kind = Effect['type'];
type Of<K extends Kind> = Extract<Effect, { readonly type: K }>;

/** What an effect says of its cause, else the event that is being handled. Nothing wakes a quiet story. */
function causeOf(
  { facts }: World,
  effect: { readonly because?: Origin | undefined; readonly chatter?: boolean | undefined },
  origin: Origin,
): Origin {
  const cause = effect.because ?? origin;
  if (effect.chatter === undefined || effect.chatter === cause.chatter) return cause;
  if (!effect.chatter && facts.quiet.size > 0 && facts.quiet.has(String(cause.story))) return cause;
  return { ...cause, chatter: effect.chatter };
}

const carriers: { readonly [K in Kind]: (world: World, self: Address, effect: Of<K>, origin: Origin) => void } = {
  send: (world, self, effect, origin) => world.send(self, effect.to, effect.message, causeOf(world, effect, origin), effect.delayMs ?? 0),
  arm: (world, self, effect, origin) => world.arm(self, effect.timer, effect.afterMs, effect.message, causeOf(world, effect, origin)),
  disarm: (world, self, effect) => world.disarm(self, effect.timer),
  start: (world, self, effect, origin) => {
    const { name, definition, input } = effect;
    world.push({
      at: world.now,
      order: 0,
      kind: 'start',
      start: { address: `${self}/${name}`, definition, input, parent: self },
      cause: causeOf(world, effect, origin),
    });
  },
  'start-process': (world, _self, effect, origin) => {
    const { address, definition, input } = effect;
    world.push({
      at: world.now,
      order: 0,
      kind: 'start',
      start: { address, definition, input, parent: undefined },
      cause: causeOf(world, effect, origin),
    });
  },
  'stop-process': (world, _self, effect, origin) => {
    world.push({
      at: world.now,
      order: 0,
      kind: 'stop',
      address: effect.address,
      kill: effect.kill,
      cause: causeOf(world, effect, origin),
    });
  },
  exit: (world, self, effect, origin) => world.end(self, effect.code, origin, true),
  link: (world, self, effect) => world.link(self, effect.to),
  will: (world, self, { key, to, message }) => world.will(self, key, message === undefined ? undefined : { key, to, message }),
  'watch-files': (world, self, effect) => {
    const host = self.slice(0, self.indexOf('/'));
    world.facts.fileWatches = world.facts.fileWatches.set(`${host}|${effect.prefix}|${self}`, self);
  },
  'write-file': (world, self, effect, origin) => writeFile(world, self.slice(0, self.indexOf('/')), effect.path, effect.content, origin),
  'remove-file': (world, self, effect, origin) => writeFile(world, self.slice(0, self.indexOf('/')), effect.path, undefined, origin),
  note: (world, _self, effect) => world.note(effect.topic, effect.data),
};

/** Carries out one effect of the process at `self`. */
export function carryOut(world: World, self: Address, effect: Effect, origin: Origin): void {
  const carrier = carriers[effect.type] as ((world: World, self: Address, effect: Effect, origin: Origin) => void) | undefined;
  if (carrier === undefined) throw new Error(`kernel: ${self} emitted "${String(effect.type)}", which is no effect`);
  carrier(world, self, effect, origin);
}
