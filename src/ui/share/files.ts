import { stringify } from 'yaml';
import { port, takeIn, textOfRun } from '../stores/session.ts';
import { offer } from '../stores/offer.ts';
import { chooseFile } from '../widgets/choose-file.ts';
import { download } from '../widgets/download.ts';

/** The run as a file. */
export async function saveFile(): Promise<void> {
  download('kube-orrery-session.json', (await textOfRun()).text, 'application/json');
}

/** Takes a file: manifests are shown before they are applied, anything else has to be a run. */
export function takeFile(text: string): void {
  if (!offer(text)) void takeIn(text, 'file');
}

/** Asks for a file and takes it. */
export function openFile(): void {
  chooseFile('.json,.yaml,.yml,application/json,application/yaml', takeFile);
}

/** Every object that is stored, as one YAML file of documents: what `kubectl get -o yaml` of everything would show. */
export async function exportObjects(): Promise<void> {
  const { keys } = await port.ask({ type: 'keyspace', prefix: '/registry/', revision: 0 });
  const documents = keys.map(({ value }) => stringify(value, { lineWidth: 0, aliasDuplicateObjects: false }));
  download('kube-orrery-objects.yaml', documents.join('---\n'), 'application/yaml');
}
