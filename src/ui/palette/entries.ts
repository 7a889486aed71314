import { lessons, textsIn } from '#scenarios/index.ts';
import type { InspectTarget } from '#session/port.ts';
import { actions } from '../app/actions.ts';
import { useLesson } from '../stores/lesson.ts';
import { port, useSession } from '../stores/session.ts';
import { useSettings } from '../stores/settings.ts';
import { shownTerminal, typeLine, useTerminals } from '../stores/terminals.ts';
import type { TextKey } from '../text/index.ts';

/** Something that can be found. */
export interface Entry {
  readonly label: string;
  readonly about: string;
  readonly group: Extract<TextKey, `group${string}`>;
  readonly key?: string | undefined;
  readonly run: () => void;
}

const inspect = (target: InspectTarget) => (): void => port.send({ type: 'inspect', target });

/** Puts a line into the terminal without sending it: it mostly needs a name yet. */
function draft(line: string): void {
  const { frame } = useSession.getState();
  const terminal = shownTerminal(frame?.terminals ?? [], useTerminals.getState().shown);
  if (terminal === undefined) return;
  useTerminals.setState(({ drafts }) => ({ drafts: { ...drafts, [terminal.id]: line } }));
  setTimeout(() => document.getElementById('line')?.focus());
}

async function lessonEntries(): Promise<readonly Entry[]> {
  const { language } = useSettings.getState();
  return Promise.all(
    lessons.map(async ({ id, load }): Promise<Entry> => {
      const { title, question } = textsIn((await load()).texts, language);
      return { label: title, about: question, group: 'groupLesson', run: () => void useLesson.getState().open(id) };
    }),
  );
}

/** All kubectl commands, as the completion of the terminal knows them. */
async function commandEntries(): Promise<readonly Entry[]> {
  const terminal = useSession.getState().frame?.terminals[0];
  if (terminal === undefined) return [];
  const line = 'kubectl ';
  const { candidates } = await port.ask({ type: 'complete', terminal: terminal.id, line, cursor: line.length });
  return candidates.map((name) => ({ label: `kubectl ${name}`, about: '', group: 'groupCommand', run: () => draft(`kubectl ${name} `) }));
}

interface Named {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string | undefined };
}

/** All objects, by where they are stored: `/registry/<resource>[/<namespace>]/<name>`; a group may stand before. */
async function objectEntries(): Promise<readonly Entry[]> {
  const { keys } = await port.ask({ type: 'keyspace', prefix: '/registry/', revision: 0, keysOnly: true });
  return keys
    .filter(({ key }) => !key.startsWith('/registry/pods/') && !key.startsWith('/registry/events/'))
    .map(({ key }) => {
      const parts = key.slice('/registry/'.length).split('/');
      return { label: parts.at(-1)!, about: parts.slice(0, -1).join('/'), group: 'groupObject', run: () => void inspectKey(key) };
    });
}

async function inspectKey(key: string): Promise<void> {
  const { keys } = await port.ask({ type: 'keyspace', prefix: key, revision: 0 });
  const found = keys.find((item) => item.key === key)?.value as Named | undefined;
  if (found === undefined) return;
  const { name, namespace = '' } = found.metadata;
  const parts = key.split('/');
  const resource = parts[parts.length - (namespace === '' ? 2 : 3)] ?? '';
  port.send({ type: 'inspect', target: { type: 'object', resource: storedAs[resource] ?? resource, namespace, name } });
}

/** Resources that etcd keeps under another name than the API's. */
const storedAs: Readonly<Record<string, string>> = { minions: 'nodes', specs: 'services' };

/** Everything that can be found now. */
export async function allEntries(text: (key: TextKey) => string): Promise<readonly Entry[]> {
  const { frame } = useSession.getState();
  const [objects, commands, taught] = await Promise.all([objectEntries(), commandEntries(), lessonEntries()]);
  return [
    ...actions
      .filter(({ offered }) => offered?.() ?? true)
      .map(({ text: name, key, run }): Entry => ({ label: text(name), about: '', group: 'groupAction', key, run })),
    ...(frame?.processes ?? []).map(({ address, summary }): Entry => ({
      label: address.slice(address.indexOf('/') + 1),
      about: `${address.slice(0, address.indexOf('/'))} · ${summary}`,
      group: 'groupComponent',
      run: inspect({ type: 'process', address }),
    })),
    ...(frame?.pods ?? []).map(({ name, namespace, status }): Entry => ({
      label: name,
      about: `${namespace} · ${status}`,
      group: 'groupPod',
      run: inspect({ type: 'object', resource: 'pods', namespace, name }),
    })),
    ...taught,
    ...objects,
    ...commands,
  ];
}

/** A whole command that somebody has typed: to be sent as it is. */
export const lineEntry = (line: string, about: string): Entry => ({ label: line, about, group: 'groupCommand', run: () => typeLine(line) });
