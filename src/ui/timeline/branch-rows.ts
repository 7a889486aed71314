import type { BranchSummary } from '#session/port.ts';

/** Pixels that a branch takes over the lanes. */
export const branchPitch = 12;
/** More rows than this would take too much of the picture; the menu has all branches. */
const shownBranches = 5;

/** How many rows a number of branches has; a single one needs none. */
export function branchRows(count: number): number {
  return count < 2 ? 0 : Math.min(shownBranches, count);
}

/** The branches that have a row: the newest ones, and always the first and the current one. */
export function rowsOf(branches: readonly BranchSummary[], current: string | undefined): readonly BranchSummary[] {
  if (branches.length <= shownBranches) return branches;
  const others = branches.filter((branch, index) => index > 0 && branch.id !== current);
  const isCurrent = (branch: BranchSummary, index: number): boolean => index > 0 && branch.id === current;
  const newest = new Set(others.slice(-(shownBranches - 1 - (branches.some(isCurrent) ? 1 : 0))));
  return branches.filter((branch, index) => index === 0 || branch.id === current || newest.has(branch));
}

/** The branch whose line another one leaves: its parent, or, where it left that before the parent itself began, the parent's own. */
export function leaves(branch: BranchSummary, branches: readonly BranchSummary[]): string | undefined {
  const parent = branches.find((item) => item.id === branch.parent);
  if (parent === undefined || parent.parent === undefined || parent.forkedAt <= branch.forkedAt) return parent?.id;
  return leaves({ ...branch, parent: parent.parent }, branches);
}
