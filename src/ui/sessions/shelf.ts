/** A run as it is kept in this browser. */
export interface KeptRun {
  readonly id: string;
  /** '' where nobody has given it a name. */
  readonly name: string;
  readonly savedAt: number;
  readonly shape: string;
  /** How many things were done in it. */
  readonly inputs: number;
  readonly text: string;
  /** The page that writes it; another one that finds a name not its own goes on under a new id. */
  readonly owner: string;
  /** Set while its deletion can be undone. */
  readonly deletedAt?: number | undefined;
}

const undoForMs = 24 * 3_600_000;

/** The database, opened once. */
let opened: Promise<IDBDatabase> | undefined;

function database(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open('kube-orrery', 1);
    request.onupgradeneeded = () => request.result.createObjectStore('runs', { keyPath: 'id' });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('the browser keeps no database'));
  });
  return opened;
}

/** Does something with the runs in one transaction; the promise is kept when it is on the disk. */
async function within<T>(
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore, give: (value: T) => void) => void,
): Promise<T | undefined> {
  const transaction = (await database()).transaction('runs', mode);
  let result: T | undefined;
  work(transaction.objectStore('runs'), (value) => (result = value));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(result);
    transaction.onabort = () => reject(transaction.error ?? new Error('the browser did not keep it'));
  });
}

export const newId = (): string =>
  [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** All runs, the newest first; those whose deletion can no longer be undone are removed. */
export async function keptRuns(now: number): Promise<readonly KeptRun[]> {
  const all =
    (await within<readonly KeptRun[]>('readonly', (store, give) => {
      const request = store.getAll() as IDBRequest<KeptRun[]>;
      request.onsuccess = () => give(request.result);
    })) ?? [];
  const gone = all.filter(({ deletedAt }) => deletedAt !== undefined && now - deletedAt > undoForMs);
  if (gone.length > 0) await within('readwrite', (store) => gone.forEach(({ id }) => store.delete(id)));
  return all.filter((run) => !gone.includes(run)).sort((a, b) => b.savedAt - a.savedAt);
}

export function keptRun(id: string): Promise<KeptRun | undefined> {
  return within<KeptRun>('readonly', (store, give) => {
    const request = store.get(id) as IDBRequest<KeptRun | undefined>;
    request.onsuccess = () => request.result !== undefined && give(request.result);
  });
}

/** Keeps a run. Where another page has taken it up meanwhile nothing is written, and false comes back. */
export async function keep(run: Omit<KeptRun, 'name'>): Promise<boolean> {
  const done = await within<boolean>('readwrite', (store, give) => {
    const request = store.get(run.id) as IDBRequest<KeptRun | undefined>;
    request.onsuccess = () => {
      const before = request.result;
      if (before !== undefined && before.owner !== run.owner) return give(false);
      store.put({ ...run, name: before?.name ?? '' });
      give(true);
    };
  });
  return done === true;
}

/** Puts a run there as it is. */
export async function put(run: KeptRun): Promise<void> {
  await within('readwrite', (store) => store.put(run));
}

/** Changes what is told of a run; undefined where it is not there. */
export function change(id: string, part: Partial<Omit<KeptRun, 'id'>>): Promise<KeptRun | undefined> {
  return within<KeptRun>('readwrite', (store, give) => {
    const request = store.get(id) as IDBRequest<KeptRun | undefined>;
    request.onsuccess = () => {
      if (request.result === undefined) return;
      const next = { ...request.result, ...part };
      store.put(next);
      give(next);
    };
  });
}
