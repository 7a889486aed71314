import { describe, expect, it } from 'vitest';
import { Session } from '#session/session.ts';
import { readManifests } from '../share/manifests.ts';
import { galleries, manifestOf, type GalleryName } from './manifests.ts';

const terminal = 'alice/terminal';

/** A cluster in which a manifest was applied as the page does it, and a hand that asks. */
async function applied(name: GalleryName): Promise<(line: string) => string> {
  const session = new Session({ shape: 'minikube', seed: 4 });
  session.pass(30_000);
  const type = (line: string, ms = 4_000): string => {
    const before = session.frame().terminals[0]!.lines.length;
    session.send({ type: 'terminal.line', terminal, line });
    session.send({ type: 'pause' });
    session.pass(ms);
    const lines = session
      .frame()
      .terminals[0]!.lines.slice(before)
      .filter(({ stream }) => stream !== 'in');
    return lines.map(({ text }) => text).join('\n');
  };
  const found = readManifests(await manifestOf(name));
  expect(found?.leftOut).toEqual([]);
  session.send({ type: 'terminal.file', terminal, path: 'imported.yaml', content: found!.text });
  const said = type('kubectl apply -f imported.yaml', 90_000);
  expect(said.split('\n')).toEqual(found!.objects.map(() => expect.stringMatching(/^\S+ created$/)));
  return type;
}

const works: Readonly<Record<(typeof galleries.good)[number], readonly (readonly [line: string, shows: RegExp])[]>> = {
  web: [
    ['kubectl get deployment web', /web +2\/2 +2 +2/],
    ['kubectl exec deploy/web -- curl -s http://web', /Served from a ConfigMap/],
    [`kubectl exec deploy/web -- sh -c 'echo $COLOUR $TOKEN'`, /teal change-me/],
  ],
  guestbook: [
    ['kubectl get deployments', /frontend +3\/3[\s\S]*redis-follower +2\/2[\s\S]*redis-leader +1\/1/],
    ['kubectl exec deploy/redis-follower -- redis-cli -h redis-leader ping', /PONG/],
  ],
  database: [
    ['kubectl get statefulset database', /database +2\/2/],
    ['kubectl get pvc', /data-database-0 +Bound[\s\S]*data-database-1 +Bound/],
  ],
  job: [['kubectl get job count', /count +Complete +4\/4/]],
  'cron-job': [
    ['kubectl get jobs', /hello-\d+ +Complete +1\/1/],
    ['kubectl get cronjob hello', /hello +\* \* \* \* \*/],
  ],
  'daemon-set': [
    ['kubectl get daemonset node-watch', /node-watch +1 +1 +1 +1 +1/],
    ['kubectl logs ds/node-watch', /minikube is here/],
  ],
};

const faults: Readonly<Record<(typeof galleries.broken)[number], readonly (readonly [line: string, shows: RegExp])[]>> = {
  'broken-image': [
    ['kubectl get pods', /shop-\S+ +0\/1 +(ImagePullBackOff|ErrImagePull)/],
    ['kubectl get deployment shop', /shop +0\/2/],
  ],
  'broken-selector': [
    ['kubectl get deployment shop', /shop +2\/2/],
    ['kubectl get endpoints shop', /shop +<none>/],
  ],
  'broken-probe': [
    ['kubectl get pods', /shop-\S+ +0\/1 +Running/],
    ['kubectl get events', /Readiness probe failed: .*:8080.*connection refused/],
  ],
  'broken-memory': [
    ['kubectl get pods', /shop-\S+ +0\/1 +(OOMKilled|CrashLoopBackOff)/],
    ['kubectl describe pods', /Reason: +OOMKilled\s+Exit Code: +137/],
  ],
};

describe('the gallery', () => {
  it.each(galleries.good)('%s is applied and becomes ready', async (name) => {
    const type = await applied(name);
    for (const [line, shows] of works[name]) expect(type(line)).toMatch(shows);
  });

  it.each(galleries.broken)('%s is applied and shows its fault', async (name) => {
    const type = await applied(name);
    for (const [line, shows] of faults[name]) expect(type(line)).toMatch(shows);
  });
});
