import { clock } from '../timeline/clock.ts';
import type { GateMark, Rung } from '#session/view-port.ts';
import { exchangesOf, headHeight, isRequest, labelOf, labelPlace, lanesOf, marks, namesOf, rowHeight, scaleOf } from './geometry.ts';

/** What is exported: messages in order, and the gates of their requests. */
export interface Drawn {
  readonly rungs: readonly Rung[];
  readonly gates: readonly GateMark[];
  /** When the run began. */
  readonly epoch: number;
}

const escape = (text: string): string => text.replace(/[&<>"]/g, (found) => `&#${found.charCodeAt(0)};`);
const escapeMermaid = (text: string): string => text.replace(/[#;]/g, (found) => `#${found.charCodeAt(0)};`).replace(/\s+/g, ' ');

/** A picture that stands by itself. @param colour the value of a colour of the theme */
export function toSvg({ rungs, gates, epoch }: Drawn, colour: (name: string) => string): string {
  const lanes = lanesOf(rungs);
  const scale = scaleOf(lanes, lanes.length * 170);
  const exchanges = exchangesOf(rungs, gates);
  const height = headHeight + rungs.length * rowHeight + 12;
  const heads = lanes.flatMap((lane) => {
    const [name, host] = namesOf(lane);
    const x = scale.x(lane);
    return [
      `<path d="M${x} ${headHeight}V${height}" stroke="${colour('line')}"/>`,
      `<text x="${x}" y="17" fill="${colour('ink')}" text-anchor="middle" font-weight="600">${escape(name)}</text>`,
      `<text x="${x}" y="32" fill="${colour('soft')}" text-anchor="middle">${escape(host)}</text>`,
    ];
  });
  const arrows = rungs.flatMap((rung, row) => {
    const [from, to] = [scale.x(rung.lanes[0]), scale.x(rung.lanes[1])];
    const y = headHeight + row * rowHeight + 17;
    const { d, filled } = marks[rung.kind];
    const ink = colour(rung.kind);
    return [
      `<text x="6" y="${y}" fill="${colour('faint')}">${clock(rung.sentAt - epoch)}</text>`,
      `<path d="M${from} ${y}H${to}" stroke="${ink}"/>`,
      `<path d="${d}" transform="translate(${to} ${y})" fill="${filled ? ink : 'none'}" stroke="${ink}" stroke-width="1.6"/>`,
      `<text x="${labelPlace(rung, scale)}" y="${y - 5}" fill="${colour('ink')}" text-anchor="middle">${escape(labelOf(rung))}</text>`,
      ...exchanges
        .gates(rung)
        .map(
          ({ verdict }, index) =>
            `<path d="M${to + 10 + index * 4} ${y - 4}v8" stroke="${colour(verdict === 'refused' ? 'bad' : 'good')}" stroke-width="2"/>`,
        ),
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${scale.width}" height="${height}" viewBox="0 0 ${scale.width} ${height}" font-family="ui-monospace, monospace" font-size="11">`,
    `<rect width="100%" height="100%" fill="${colour('paper')}"/>`,
    ...heads,
    ...arrows,
    '</svg>',
  ].join('\n');
}

const arrowsOfMermaid: Readonly<Partial<Record<Rung['kind'], string>>> = { response: '-->>', error: '--x', event: '-)' };

/** A sequence diagram in Mermaid's language. */
export function toMermaid({ rungs }: Drawn): string {
  const lanes = lanesOf(rungs);
  return [
    'sequenceDiagram',
    ...lanes.map((lane, index) => `  participant p${index} as ${escapeMermaid(namesOf(lane).join(' · '))}`),
    ...rungs.map(({ kind, lanes: [from, to], label }) => {
      return `  p${lanes.indexOf(from)}${arrowsOfMermaid[kind] ?? '->>'}p${lanes.indexOf(to)}: ${escapeMermaid(label)}`;
    }),
    '',
  ].join('\n');
}

interface TraceEvent {
  readonly ph: string;
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly [field: string]: unknown;
}

/**
 * The run in the Trace Event Format, which Perfetto opens: hosts are processes, components threads. An exchange with the
 * API server is one span from the request to the last answer, with its gates in it; other messages are spans by themselves.
 */
export function toTrace({ rungs, gates, epoch }: Drawn): string {
  const hosts = [...new Set(rungs.flatMap(({ lanes }) => lanes.map((lane) => lane.split('/')[0]!)))];
  const lanes = lanesOf(rungs);
  const place = (lane: string) => ({ pid: hosts.indexOf(lane.split('/')[0]!) + 1, tid: lanes.indexOf(lane) + 1 });
  const us = (at: number): number => Math.round((at - epoch) * 1000);
  const span = (lane: string, id: string, name: string, from: number, to: number, args: object): readonly TraceEvent[] => [
    { ph: 'b', cat: 'messages', id, name, ts: us(from), args, ...place(lane) },
    { ph: 'e', cat: 'messages', id, name, ts: us(to), ...place(lane) },
  ];
  const exchanges = exchangesOf(rungs, gates);
  const events = rungs.flatMap((rung): readonly TraceEvent[] => {
    const { id, label, sentAt, arrivesAt, exchange, kind, story, from, to } = rung;
    const lane = rung.lanes[0];
    if (exchange === undefined) return span(lane, String(id), label, sentAt, arrivesAt, { kind, story, from, to });
    if (!isRequest(rung)) return [];
    const answer = exchanges.answer(rung);
    return [
      ...span(lane, String(id), label, sentAt, answer?.arrivesAt ?? arrivesAt, { kind, story, from, to, answer: answer?.label }),
      ...exchanges.gates(rung).map(({ gate, verdict, at, detail }): TraceEvent => {
        return { ph: 'n', cat: 'messages', id: String(id), name: `${gate}: ${verdict}`, ts: us(at), args: { detail }, ...place(lane) };
      }),
    ];
  });
  const named: readonly TraceEvent[] = [
    ...hosts.map((name, index) => ({ ph: 'M', name: 'process_name', pid: index + 1, tid: 0, args: { name } })),
    ...lanes.map((lane) => ({ ph: 'M', name: 'thread_name', ...place(lane), args: { name: namesOf(lane)[0] } })),
  ];
  return JSON.stringify({ displayTimeUnit: 'ms', traceEvents: [...named, ...events] });
}
