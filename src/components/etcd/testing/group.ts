import { setup } from 'xstate';
import { step } from '#kernel/step.ts';
import type { Delivered, Input, Message, ProcessDefinition } from '#kernel/types.ts';
import { createWorld, type World } from '#kernel/world.ts';
import type { EtcdOperation, EtcdResponse } from '#protocol/etcd.ts';
import { etcd, type EtcdInput } from '../index.ts';
import type { EtcdState } from '../state.ts';

/** A client that keeps what it is told. */
interface Heard {
  readonly log: readonly { readonly message: Message; readonly at: number }[];
}
const client: ProcessDefinition = {
  name: 'client',
  machine: setup({ types: { context: {} as Heard, events: {} as Delivered<Message> } }).createMachine({
    id: 'client',
    context: { log: [] },
    on: {
      '*': {
        actions: step((state: Heard, event: Delivered<Message>) =>
          (event.message as { readonly to?: string }).to === undefined || event.message.type === 'message.undeliverable'
            ? { context: { log: [...state.log, { message: event.message, at: event.now }] }, effects: [] }
            : {
                context: state,
                effects: [
                  {
                    type: 'send',
                    to: (event.message as unknown as { readonly to: string }).to,
                    message: (event.message as unknown as { readonly send: Message }).send,
                  },
                ],
              },
        ),
      },
    },
  }),
};

/** A group of members on hosts of their own, and a client, in a world with nothing else. */
export class Group {
  readonly world: World;
  readonly names: readonly string[];
  private asked = 0;

  constructor(size: number, extra: Partial<EtcdInput> = {}, checked = true) {
    this.names = Array.from({ length: size }, (_, index) => `m${index + 1}`);
    const members = this.names.map((name) => ({ name, address: `${name}/etcd` }));
    this.world = createWorld(
      {
        seed: 1,
        epochMs: 1_700_000_000_000,
        hosts: [...this.names, 'm9', 'c'].map((name) => ({ name })),
        definitions: [etcd, client],
        processes: [
          ...this.names.map((name) => ({ address: `${name}/etcd`, definition: 'etcd', input: { name, fsyncMs: 1, members, ...extra } })),
          { address: 'c/client', definition: 'client', input: {} },
        ],
        latency: { localMs: 0.1, remoteMs: 0.5, sharedMs: 0 },
      },
      checked ? { strict: true, freeze: true } : {},
    );
    this.pass(4000);
  }

  pass(ms: number): void {
    this.world.runUntil(this.world.now + ms);
  }

  input(input: Input): void {
    this.world.input(input);
  }

  state(name: string): EtcdState {
    return this.world.process(`${name}/etcd`)?.context as EtcdState;
  }

  get leader(): string {
    return this.names.filter((name) => this.world.process(`${name}/etcd`)?.value === 'leader').at(-1) ?? '';
  }

  get followers(): readonly string[] {
    return this.names.filter((name) => name !== this.leader && this.world.process(`${name}/etcd`) !== undefined);
  }

  send(name: string, message: Message): void {
    this.input({ type: 'message', to: 'c/client', message: { type: 'do', to: `${name}/etcd`, send: message } as Message });
  }

  ask(name: string, operation: EtcdOperation): string {
    const id = `q${++this.asked}`;
    this.send(name, { type: 'etcd.request', id, certificate: 'test', operation } as Message);
    return id;
  }

  get heard(): Heard['log'] {
    return (this.world.process('c/client')!.context as Heard).log;
  }

  /** The answer to a request and how long it took. */
  answer(
    name: string,
    operation: EtcdOperation,
    atMost = 8000,
  ): { readonly ms: number; readonly text: string; readonly response: EtcdResponse | undefined } {
    const began = this.world.now;
    const id = this.ask(name, operation);
    this.pass(atMost);
    return this.answered(id, began);
  }

  answered(id: string, began: number): { readonly ms: number; readonly text: string; readonly response: EtcdResponse | undefined } {
    const found = this.heard.find(({ message }) => message.type === 'etcd.response' && (message as EtcdResponse).id === id);
    const response = found?.message as EtcdResponse | undefined;
    return { ms: (found?.at ?? Infinity) - began, text: response !== undefined && 'error' in response ? response.error : '', response };
  }

  value(name: string, key: string): unknown {
    return this.state(name).store.keys.get(key)?.value;
  }

  kill(name: string): void {
    this.input({ type: 'fault.stop', address: `${name}/etcd`, kill: true });
    this.pass(1);
  }
}
