import type { KubeObject } from '#api/object.ts';
import { maxScore, plain, type Plugin, type Snapshot } from '../framework.ts';
import { specOf } from '../node-info.ts';
import { asNode } from './node.ts';

const megabyte = 1024 * 1024;
const smallest = 23 * megabyte;
const largestOfOne = 1000 * megabyte;

const sizes = new WeakMap<object, ReadonlyMap<string, number>>();

function imagesOf(node: KubeObject): ReadonlyMap<string, number> {
  const list = asNode(node).status?.images;
  if (list === undefined) return new Map();
  let known = sizes.get(list);
  if (known === undefined)
    sizes.set(list, (known = new Map(list.flatMap((image) => (image.names ?? []).map((name) => [name, image.sizeBytes ?? 0] as const)))));
  return known;
}

/** An image name as nodes report it: with a tag. */
const normalized = (image: string): string => (image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}:latest` : image);

/** imagelocality/image_locality.go: nodes that have large images of the pod already, but not all pods on the one node that does. */
export const imageLocality: Plugin = {
  name: 'ImageLocality',
  weight: 1,
  score: (pod, feasible, snapshot: Snapshot) => {
    const spec = specOf(pod);
    const wanted = [...(spec.initContainers ?? []), ...spec.containers].map((item) => normalized(item.image ?? ''));
    const total = snapshot.nodes.length;
    const spread = new Map(wanted.map((image) => [image, snapshot.nodes.filter((info) => imagesOf(info.node!).has(image)).length / total]));
    if ([...spread.values()].every((share) => share === 0)) return undefined;
    const most = largestOfOne * wanted.length;
    return plain(
      feasible.map((info) => {
        const there = imagesOf(info.node!);
        const sum = wanted.reduce((bytes, image) => bytes + Math.floor((there.get(image) ?? 0) * spread.get(image)!), 0);
        const clamped = Math.min(most, Math.max(smallest, sum));
        return Math.floor((maxScore * (clamped - smallest)) / (most - smallest));
      }),
    );
  },
};
