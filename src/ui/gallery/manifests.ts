/** What the gallery holds, in its order: what works, and what has a fault to find. */
export const galleries = {
  good: ['web', 'guestbook', 'database', 'job', 'cron-job', 'daemon-set'],
  broken: ['broken-image', 'broken-selector', 'broken-probe', 'broken-memory'],
} as const;

export type GalleryName = (typeof galleries)[keyof typeof galleries][number];

const files = import.meta.glob<string>('./manifests/*.yaml', { query: '?raw', import: 'default' });

/** The text of one of them; fetched when it is asked for. */
export const manifestOf = (name: GalleryName): Promise<string> => files[`./manifests/${name}.yaml`]!();
