/** Where virtual time begins: runs of one seed are the same on any day. */
const epochMs = Date.UTC(2026, 5, 1, 9, 0, 0);

/** What all clusters have in common. The add-ons are applied after 9 s; then come their images, probes and endpoints. */
export const timing = { epochMs, latency: { localMs: 0.25, remoteMs: 0.5, sharedMs: 0 }, upAfterMs: 28_000 } as const;

/** `node-1`, `node-2`, … */
export const numbered = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `node-${index + 1}`);
