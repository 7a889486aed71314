import { describe, expect, it } from 'vitest';
import { fit } from './fuzzy.ts';

/** The texts that fit, the best first. */
const order = (query: string, texts: readonly string[]): readonly string[] =>
  texts.filter((text) => fit(query, text) !== undefined).sort((a, b) => fit(query, b)! - fit(query, a)!);

describe('finding by a few letters', () => {
  it('prefers whole words, then pieces, then scattered letters', () => {
    expect(order('etcd', ['every thing called', 'who may touch etcd?', 'xetcd', 'etcd', 'kubelet'])).toEqual([
      'etcd',
      'who may touch etcd?',
      'xetcd',
      'every thing called',
    ]);
  });

  it('takes the words in any order', () => {
    expect(order('system dns', ['coredns-1 kube-system', 'dns', 'system'])).toEqual(['coredns-1 kube-system']);
  });

  it('finds nothing where letters are missing, and everything for nothing', () => {
    expect(fit('xyz', 'kube-apiserver')).toBeUndefined();
    expect(fit('', 'kube-apiserver')).toBeDefined();
  });
});
