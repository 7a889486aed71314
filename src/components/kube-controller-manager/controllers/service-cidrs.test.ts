import { expect, it } from 'vitest';
import { holds } from './service-cidrs.ts';

it.each([
  ['10.96.0.0/12', '10.96.0.1', true],
  ['10.96.0.0/12', '10.112.0.1', false],
  ['10.96.0.0/12', '10.100.0.0/16', true],
  ['10.100.0.0/16', '10.96.0.0/12', false],
  ['0.0.0.0/0', '255.255.255.255', true],
  ['fd00::/112', 'fd00::/112', true],
  ['fd00::/112', '10.96.0.1', false],
])('%s holds %s: %s', (outer, inner, yes) => expect(holds(outer, inner)).toBe(yes));
