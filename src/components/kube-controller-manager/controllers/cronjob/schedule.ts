const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** How far ahead a time is looked for (robfig/cron gives up after five years). */
const yearsAhead = 5;

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const bounds = [
  { from: 0, to: 59 },
  { from: 0, to: 23 },
  { from: 1, to: 31 },
  { from: 1, to: 12, names: months },
  { from: 0, to: 6, names: weekdays },
] as const;
const descriptors: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

interface Field {
  readonly values: ReadonlySet<number>;
  /** It leaves everything open, so that the other of day and weekday decides. */
  readonly open: boolean;
}
interface Fields {
  readonly type: 'fields';
  readonly fields: readonly Field[];
}
export type Schedule = Fields | { readonly type: 'every'; readonly ms: number };

type Bound = (typeof bounds)[number];

function numberOf(text: string, bound: Bound): number | undefined {
  const named = 'names' in bound ? bound.names.indexOf(text.toLowerCase()) : -1;
  if (named >= 0) return named + bound.from;
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/** One `*`, `3`, `1-5` or `*` with a step (robfig/cron, getRange). */
function parseRange(text: string, bound: Bound): Field | undefined {
  const [range = '', stepText, ...more] = text.split('/');
  const step = stepText === undefined ? 1 : /^[1-9]\d*$/.test(stepText) ? Number(stepText) : undefined;
  const open = range === '*' || range === '?';
  const [first = '', second, ...rest] = range.split('-');
  const from = open ? bound.from : numberOf(first, bound);
  const to = open || (second === undefined && stepText !== undefined) ? bound.to : second === undefined ? from : numberOf(second, bound);
  if (
    more.length + rest.length > 0 ||
    step === undefined ||
    from === undefined ||
    to === undefined ||
    from < bound.from ||
    to > bound.to ||
    from > to
  )
    return undefined;
  const values = new Set<number>();
  for (let value = from; value <= to; value += step) values.add(value);
  return { values, open: open && step === 1 };
}

/** `@every 1h30m`, at least a second. */
function parseEvery(text: string): Schedule | undefined {
  const units: Readonly<Record<string, number>> = { h: hourMs, m: minuteMs, s: 1000 };
  if (!/^(\d+[hms])+$/.test(text)) return undefined;
  const ms = [...text.matchAll(/(\d+)([hms])/g)].reduce((sum, [, count, unit]) => sum + Number(count) * units[unit!]!, 0);
  return ms >= 1000 ? { type: 'every', ms } : undefined;
}

/** robfig/cron, ParseStandard; undefined for what is not a schedule. */
export function parseSchedule(text: string): Schedule | undefined {
  if (text.startsWith('@every ')) return parseEvery(text.slice('@every '.length));
  const parts = (descriptors[text] ?? text).trim().split(/\s+/);
  if (parts.length !== bounds.length) return undefined;
  const fields: Field[] = [];
  for (const [index, part] of parts.entries()) {
    const ranges = part.split(',').map((range) => parseRange(range, bounds[index]!));
    const known = ranges.filter((range) => range !== undefined);
    if (known.length < ranges.length) return undefined;
    fields.push({ values: new Set(known.flatMap(({ values }) => [...values])), open: known.some(({ open }) => open) });
  }
  return { type: 'fields', fields };
}

/** How far a time zone is ahead of UTC at a time; undefined for a name that is no zone. */
export function zoneOffset(zone: string, time: number): number | undefined {
  if (zone === 'UTC' || zone === 'Etc/UTC') return 0;
  try {
    const options = {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    } as const;
    const parts = new Map(
      new Intl.DateTimeFormat('en-US', options).formatToParts(new Date(time)).map(({ type, value }) => [type, Number(value)]),
    );
    const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
    return (
      Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) - Math.floor(time / 1000) * 1000
    );
  } catch {
    return undefined;
  }
}

function dayMatches([, , day, , weekday]: readonly Field[], at: Date): boolean {
  const [byDay, byWeekday] = [day!.values.has(at.getUTCDate()), weekday!.values.has(at.getUTCDay())];
  return day!.open || weekday!.open ? byDay && byWeekday : byDay || byWeekday;
}

/** The first time after another at which a schedule is due (SpecSchedule.Next); undefined where there is none. */
export function nextTime(schedule: Schedule, after: number, zone: string): number | undefined {
  if (schedule.type === 'every') return Math.floor(after / 1000) * 1000 + schedule.ms;
  const { fields } = schedule;
  const offset = (time: number): number => zoneOffset(zone, time) ?? 0;
  const end = after + yearsAhead * 366 * dayMs;
  let local = Math.floor((after + offset(after)) / minuteMs + 1) * minuteMs;
  while (local - dayMs < end) {
    const at = new Date(local);
    if (!fields[3]!.values.has(at.getUTCMonth() + 1)) local = Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1);
    else if (!dayMatches(fields, at)) local = Math.floor(local / dayMs + 1) * dayMs;
    else if (!fields[1]!.values.has(at.getUTCHours())) local = Math.floor(local / hourMs + 1) * hourMs;
    else if (!fields[0]!.values.has(at.getUTCMinutes())) local += minuteMs;
    else {
      const time = local - offset(local - offset(local));
      if (time > after && time + offset(time) === local) return time;
      local += minuteMs;
    }
  }
  return undefined;
}

const manyMissed = 100;

/** pkg/controller/cronjob/utils.go, mostRecentScheduleTime: the last time that was due, and whether too many were missed. */
export function mostRecent(
  schedule: Schedule,
  since: number,
  now: number,
  zone: string,
): { readonly time: number | undefined; readonly tooMany: boolean } {
  const first = nextTime(schedule, since, zone);
  if (first === undefined || first > now) return { time: undefined, tooMany: false };
  const second = nextTime(schedule, first, zone);
  if (second === undefined || second > now) return { time: first, tooMany: false };
  const missed = Math.floor((now - first) / (second - first)) + 1;
  let time = first;
  const from = first + Math.max(0, missed - 2) * (second - first);
  for (let next = nextTime(schedule, from - 1, zone); next !== undefined && next <= now; next = nextTime(schedule, next, zone)) time = next;
  return { time, tooMany: missed > manyMissed };
}
