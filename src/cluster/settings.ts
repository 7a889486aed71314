import { definitions } from './definitions.ts';

/** Where virtual time begins: runs of one seed are the same on any day. */
const epochMs = Date.UTC(2026, 5, 1, 9, 0, 0);

/**
 * When what happens in a new cluster: the add-ons are applied by the first kubectl; then come their images, probes and endpoints.
 * Milliseconds.
 */
export const timing = { addonsAfterMs: 9000, upAfterMs: 28_000 } as const;

/** What all clusters have in common. */
export const common = { epochMs, definitions, latency: { localMs: 0.25, remoteMs: 0.5, sharedMs: 0 } } as const;

/** `node-1`, `node-2`, … */
export const numbered = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `node-${index + 1}`);
