import { describe, expect, it } from 'vitest';
import { branchRows, leaves, rowsOf } from './branch-rows.ts';

const branches = Array.from({ length: 9 }, (_, index) => ({
  id: `b${index}`,
  name: `b${index}`,
  parent: index === 0 ? undefined : 'b0',
  forkedAt: index,
  headTime: 20,
}));

describe('the rows of branches', () => {
  it('are as many as there is room for: the first, the current one and the newest', () => {
    expect(rowsOf(branches, 'b2').map(({ id }) => id)).toEqual(['b0', 'b2', 'b6', 'b7', 'b8']);
    expect(rowsOf(branches, 'b0').map(({ id }) => id)).toEqual(['b0', 'b5', 'b6', 'b7', 'b8']);
    expect(rowsOf(branches, 'b8')).toHaveLength(branchRows(branches.length));
  });

  it('leave the line that there was at their moment', () => {
    const [main, first] = [branches[0]!, { ...branches[5]!, forkedAt: 10 }];
    const earlier = { ...branches[6]!, parent: first.id, forkedAt: 4 };
    const later = { ...branches[7]!, parent: first.id, forkedAt: 12 };
    const all = [main, first, earlier, later];
    expect(all.map((branch) => leaves(branch, all))).toEqual([undefined, 'b0', 'b0', 'b5']);
  });

  it('are all where there are few, and none for a single one', () => {
    expect(rowsOf(branches.slice(0, 3), 'b1')).toHaveLength(branchRows(3));
    expect(branchRows(1)).toBe(0);
  });
});
