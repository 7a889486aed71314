import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

/** Who may import whom: top folder of src → top folders it may name, and the sentence for whoever names another. */
const allowed: Readonly<Record<string, { readonly may: readonly string[]; readonly because: string }>> = {
  base: { may: [], because: 'base knows nothing of the domain.' },
  kernel: { may: ['base'], because: 'The kernel moves messages; it knows no Kubernetes.' },
  protocol: { may: ['base', 'api'], because: 'Protocols are types of messages.' },
  api: { may: ['base'], because: 'API objects are data; they do not know who stores or runs them.' },
  machinery: { may: ['base', 'kernel', 'protocol', 'api'], because: 'Client machinery is what every client of the API server has.' },
  components: {
    may: ['base', 'kernel', 'protocol', 'api', 'machinery'],
    because: 'Components know each other only through the API server.',
  },
  cluster: { may: ['base', 'kernel', 'protocol', 'api', 'machinery', 'components'], because: 'A cluster shape is wiring.' },
  session: { may: ['base', 'kernel', 'protocol', 'api', 'machinery', 'components', 'cluster'], because: 'The session has no page.' },
  scenarios: { may: ['base', 'api', 'session'], because: 'Lessons are data.' },
  bridge: {
    may: ['base', 'kernel', 'protocol', 'api', 'components', 'cluster', 'session'],
    because: 'The bridge drives a session from Node.',
  },
  ui: { may: ['base', 'api', 'session', 'scenarios'], because: 'The page draws what the session publishes and holds no truth of its own.' },
};

interface Import {
  readonly file: string;
  readonly from: string;
}

function sources(folder: string): string[] {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((item) => {
    const file = path.join(folder, item.name);
    if (item.isDirectory()) return sources(file);
    return /\.tsx?$/.test(item.name) && !/\.(test|generated)\.tsx?$/.test(item.name) ? [file] : [];
  });
}

function importsOf(file: string): Import[] {
  const text = fs.readFileSync(file, 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => ({ file, from: match[1]! }));
}

/** The wrong arrows, each with its reason. */
function violations(imports: readonly Import[]): string[] {
  return imports.flatMap(({ file, from }) => {
    const [, top = '', second = ''] = file.split(path.sep);
    const rule = allowed[top];
    if (rule === undefined) return [`${file}: there is no rule for src/${top}`];
    const wrong = (reason: string): string[] => [`${file} imports ${from}: ${reason}`];
    if (!from.startsWith('#')) {
      if (from === 'xstate' && !['kernel', 'components', 'machinery'].includes(top)) return wrong('only machines are built with XState.');
      if (from.startsWith('@xyflow/') && !file.includes('ui/diagram')) return wrong('React Flow lives in ui/diagram.');
      if (from === '@marcbachmann/cel-js' && !file.includes(path.join('api', 'cel')))
        return wrong('expressions are compiled and run in api/cel.');
      if (from.startsWith('@dagrejs/') && !file.includes(path.join('ui', 'chart'))) return wrong('dagre lives in ui/chart.');
      if (from.startsWith('zustand') && !file.includes('ui/stores')) return wrong('zustand lives in ui/stores.');
      return [];
    }
    const [target = '', inner = ''] = from.slice(1).split('/');
    if (target === 'protocol' && inner === 'etcd.ts' && !['etcd', 'etcdctl', 'kube-apiserver'].includes(second) && top !== 'protocol')
      return wrong('only the API server talks to etcd.');
    if (target === 'protocol' && inner === 'raft.ts' && second !== 'etcd')
      return wrong('the members of etcd speak Raft to each other alone.');
    if (target === 'protocol' && inner === 'cri.ts' && !['kubelet', 'container-runtime'].includes(second) && top !== 'protocol')
      return wrong('only a kubelet talks to its container runtime.');
    if (top === 'components' && target === 'components' && inner !== second)
      return wrong('components know each other only through the API server.');
    if (target !== top && !rule.may.includes(target)) return wrong(rule.because);
    return [];
  });
}

describe('the import table', () => {
  it('holds for every file', () => {
    expect(violations(sources('src').flatMap(importsOf))).toEqual([]);
  });

  it('names a wrong arrow with its reason', () => {
    const file = path.join('src', 'components', 'kubelet', 'machine.ts');
    expect(violations([{ file, from: '#protocol/etcd.ts' }])).toEqual([
      `${file} imports #protocol/etcd.ts: only the API server talks to etcd.`,
    ]);
    expect(violations([{ file: path.join('src', 'ui', 'a.ts'), from: '#kernel/world.ts' }])[0]).toContain('holds no truth of its own');
    expect(
      violations([{ file: path.join('src', 'components', 'kube-scheduler', 'a.ts'), from: '#components/kubelet/index.ts' }]),
    ).toHaveLength(1);
  });
});
