import { describe, expect, it } from 'vitest';
import { holdsRun, longestLink, runOfAddress, runToAddress } from './link.ts';

const run = JSON.stringify({ format: 'kube-orrery-session', text: '集群'.repeat(200) });

describe('a run in an address', () => {
  it('comes back as it was, and is shorter than it was', async () => {
    const address = await runToAddress(run);
    expect(holdsRun(address)).toBe(true);
    expect(address.length).toBeLessThan(run.length);
    expect(encodeURI(address)).toBe(address);
    expect(await runOfAddress(address)).toEqual({ text: run });
  });

  it('that was cut off, changed in any one place, or is of another version says so', async () => {
    const address = await runToAddress(run);
    expect(await runOfAddress(address.slice(0, -9))).toEqual({ problem: 'link.damaged' });
    for (let at = '#run=1.'.length + 16; at < address.length - 8; at += 5) {
      const changed = `${address.slice(0, at)}${address[at] === 'A' ? 'B' : 'A'}${address.slice(at + 1)}`;
      expect(await runOfAddress(changed)).toEqual({ problem: 'link.damaged' });
    }
    expect(await runOfAddress(address.replace('#run=1.', '#run=2.'))).toEqual({ problem: 'link.version' });
    expect(await runOfAddress('#run=')).toEqual({ problem: 'link.damaged' });
    expect(await runOfAddress('#run=1.!!!')).toEqual({ problem: 'link.damaged' });
  });

  it('that unpacks to more than a person makes is refused without unpacking all of it', async () => {
    const address = await runToAddress(' '.repeat(20_000_000));
    expect(address.length).toBeGreaterThan(longestLink);
    expect(await runOfAddress(address)).toEqual({ problem: 'link.large' });
  });
});
