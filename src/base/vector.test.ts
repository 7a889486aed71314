import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Vector } from './vector.ts';

describe('Vector', () => {
  it('tells of exactly the slots that differ when it is put back', () => {
    const writes = fc.array(fc.tuple(fc.nat(5000), fc.option(fc.nat(9), { nil: undefined })), { maxLength: 60 });
    fc.assert(
      fc.property(writes, writes, (first, second) => {
        const vector = new Vector<string>();
        const write = (list: typeof first): void => {
          for (const [index, value] of list) vector.set(index, value === undefined ? undefined : `${index}=${value}`);
        };
        const content = (): readonly (string | undefined)[] => Array.from({ length: 5001 }, (_, index) => vector.get(index));
        write(first);
        const [image, then] = [vector.freeze(), content()];
        write(second);
        const now = content();
        const told: (readonly [string | undefined, string | undefined])[] = [];
        vector.restore(image, (before, after) => void told.push([before, after]));
        expect(content()).toEqual(then);
        expect(told).toEqual(now.flatMap((before, index) => (before === then[index] ? [] : [[before, then[index]]])));
      }),
      { numRuns: 100 },
    );
  });
});
