import { expect, it } from 'vitest';
import { Session } from '#session/session.ts';
import { chineseWords } from '#ui/text/words.ts';

/** Words that are Kubernetes' own, or names. */
const own = /^(etcd|id|\/registry\/…|resourceVersion|[A-Z]\w*Version)$/;

it.each([{ shape: 'cluster' }, { shape: 'ha', masters: 2 }])('every title of the insides of %j has its Chinese word', (choice) => {
  const session = new Session({ ...choice, nodes: 1, seed: 3 });
  session.pass(30_000);
  session.send({ type: 'probes', on: true });
  session.send({
    type: 'terminal.line',
    terminal: 'alice/terminal',
    line: 'kubectl create deployment web --image=nginx --replicas=2; kubectl get pods -w',
  });
  const titles = new Set<string>();
  for (let round = 0; round < 40; round++) {
    session.pass(round < 20 ? 7 : 400);
    for (const process of session.world.processes()) {
      session.send({ type: 'inspect', target: { type: 'process', address: process.address } });
      const { inspected } = session.frame();
      for (const section of inspected?.type === 'process' ? inspected.inspection.sections : []) {
        titles.add(section.title.replace(/:.*$/, ''));
        for (const title of section.type === 'table' ? section.columns : section.rows.map(([label]) => label)) titles.add(title);
      }
    }
  }
  expect(titles.size).toBeGreaterThan(30);
  expect([...titles].filter((title) => chineseWords[title] === undefined && !own.test(title))).toEqual([]);
});
