import { describe, expect, it } from 'vitest';
import { formatTime } from '#api/object.ts';
import { mostRecent, nextTime, parseSchedule } from './schedule.ts';

const at = (text: string): number => Date.parse(text);
const next = (schedule: string, after: string, zone = 'UTC'): string | undefined => {
  const parsed = parseSchedule(schedule);
  const time = parsed === undefined ? undefined : nextTime(parsed, at(after), zone);
  return time === undefined ? undefined : formatTime(time);
};

describe('a schedule', () => {
  it('is due at the next time that fits every field', () => {
    expect(next('0 3 * * *', '2026-06-01T03:00:00Z')).toBe('2026-06-02T03:00:00Z');
    expect(next('*/15 9-17 * * mon-fri', '2026-06-05T17:45:00Z')).toBe('2026-06-08T09:00:00Z');
    expect(next('0 0 29 feb *', '2026-06-01T00:00:00Z')).toBe('2028-02-29T00:00:00Z');
    expect(next('@every 1h30m', '2026-06-01T00:00:00Z')).toBe('2026-06-01T01:30:00Z');
  });

  it('takes either of day and weekday where both are given', () => {
    expect(next('0 0 13 * fri', '2026-06-01T00:00:00Z')).toBe('2026-06-05T00:00:00Z');
    expect(next('0 0 13 * *', '2026-06-01T00:00:00Z')).toBe('2026-06-13T00:00:00Z');
  });

  it('follows its time zone through a change of clocks', () => {
    expect(next('30 2 * * *', '2026-03-28T12:00:00Z', 'Europe/Berlin')).toBe('2026-03-30T00:30:00Z');
    expect(next('0 9 * * *', '2026-06-01T00:00:00Z', 'Asia/Shanghai')).toBe('2026-06-01T01:00:00Z');
  });

  it('is refused where it is none', () => {
    for (const text of ['', '* * * *', '60 * * * *', '5-1 * * * *', '* * * * 7', '@every 1', '*/0 * * * *', '@never'])
      expect(parseSchedule(text)).toBeUndefined();
  });

  it('says when too many times were missed', () => {
    const every = parseSchedule('* * * * *')!;
    const since = at('2026-06-01T00:00:00Z');
    expect(mostRecent(every, since, since + 30_000, 'UTC')).toEqual({ time: undefined, tooMany: false });
    expect(mostRecent(every, since, since + 90_000, 'UTC')).toEqual({ time: since + 60_000, tooMany: false });
    expect(mostRecent(every, since, since + 101 * 60_000, 'UTC')).toEqual({ time: since + 101 * 60_000, tooMany: true });
  });
});
