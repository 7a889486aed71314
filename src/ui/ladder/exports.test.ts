import { describe, expect, it } from 'vitest';
import type { GateMark, Rung } from '#session/view-port.ts';
import { toMermaid, toSvg, toTrace } from './exports.ts';
import { exchangesOf, lanesOf } from './geometry.ts';

const api = 'minikube/kube-apiserver';

function rung(id: number, kind: Rung['kind'], lanes: readonly [string, string], label: string, exchange?: string): Rung {
  const [from, to] = lanes;
  return {
    id,
    seq: id * 10,
    from,
    to,
    lanes,
    kind,
    label,
    exchange,
    sentAt: id,
    arrivesAt: id + 0.5,
    story: 1,
    chatter: false,
    lost: false,
  };
}
const gate = (seq: number, name: string, verdict = 'passed'): GateMark => ({
  seq,
  at: seq / 10,
  exchange: 'alice 1',
  gate: name,
  verdict,
  detail: '',
});

const rungs = [
  rung(1, 'write', ['alice/terminal', api], 'POST pods', 'alice 1'),
  rung(2, 'write', [api, 'minikube/etcd'], 'txn /registry/pods/a;b'),
  rung(3, 'response', [api, 'alice/terminal'], '201', 'alice 1'),
  rung(4, 'write', ['alice/terminal', api], 'POST pods', 'alice 1'),
  rung(5, 'error', [api, 'alice/terminal'], '403', 'alice 1'),
];
const gates = [gate(12, 'authentication'), gate(14, 'storage'), gate(42, 'authentication'), gate(44, 'authorization', 'refused')];
const drawn = { rungs, gates, epoch: 0 };

describe('the ladder', () => {
  it('has people on the left, then the API server, then etcd', () => {
    expect(lanesOf([...rungs].reverse())).toEqual(['alice/terminal', api, 'minikube/etcd']);
  });

  it('gives each request its own gates and answer, also where a client uses the name of an exchange again', () => {
    const exchanges = exchangesOf(rungs, gates);
    expect(exchanges.gates(rungs[0]!).map(({ seq }) => seq)).toEqual([12, 14]);
    expect(exchanges.gates(rungs[3]!).map(({ verdict }) => verdict)).toEqual(['passed', 'refused']);
    expect(exchanges.gates(rungs[2]!)).toEqual([]);
    expect(exchanges.answer(rungs[0]!)?.label).toBe('201');
    expect(exchanges.answer(rungs[3]!)?.label).toBe('403');
  });

  it('is a sequence diagram of Mermaid, whose own signs are escaped', () => {
    expect(toMermaid(drawn)).toBe(
      [
        'sequenceDiagram',
        '  participant p0 as alice · kubectl',
        '  participant p1 as apiserver · minikube',
        '  participant p2 as etcd · minikube',
        '  p0->>p1: POST pods',
        '  p1->>p2: txn /registry/pods/a#59;b',
        '  p1-->>p0: 201',
        '  p0->>p1: POST pods',
        '  p1--xp0: 403',
        '',
      ].join('\n'),
    );
  });

  it('is a picture in which nothing of a label is markup', () => {
    const svg = toSvg({ ...drawn, rungs: [rung(1, 'read', ['a/terminal', api], '<script>&"')] }, () => '#fff');
    expect(svg).toContain('&#60;script&#62;&#38;&#34;');
    expect(svg).not.toContain('<script>');
  });

  it('is a trace in which every span that begins ends, and holds the gates of its request', () => {
    const { traceEvents } = JSON.parse(toTrace(drawn)) as {
      readonly traceEvents: readonly { readonly ph: string; readonly id?: string; readonly name: string; readonly ts?: number }[];
    };
    const ids = (ph: string): readonly (string | undefined)[] => traceEvents.filter((event) => event.ph === ph).map(({ id }) => id);
    expect(ids('b')).toEqual(['1', '2', '4']);
    expect(ids('e')).toEqual(ids('b'));
    expect(traceEvents.filter(({ ph, id }) => ph === 'n' && id === '4').map(({ name }) => name)).toEqual([
      'authentication: passed',
      'authorization: refused',
    ]);
    expect(traceEvents.find(({ ph, id }) => ph === 'e' && id === '1')?.ts).toBe(3500);
  });
});
