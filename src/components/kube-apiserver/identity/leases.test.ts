import { expect, it } from 'vitest';
import { serverName } from './leases.ts';

it('names an API server as the real one on a host of that name', () => {
  expect(serverName('vm')).toBe('apiserver-wlv32tlttr4jl3gtroqexyxapa');
  expect(serverName('vm-2')).not.toBe(serverName('vm'));
});
