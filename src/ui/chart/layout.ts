import { Graph, layout } from '@dagrejs/dagre';
import { edgesOf, type Chart, type ChartEdge } from './edges.ts';

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Where everything of a chart is drawn. */
export interface ChartLayout {
  readonly width: number;
  readonly height: number;
  readonly states: readonly (Point & {
    readonly id: string;
    readonly label: string;
    readonly width: number;
    readonly height: number;
    readonly final: boolean;
    readonly initial: boolean;
  })[];
  readonly edges: readonly (ChartEdge & { readonly points: readonly Point[]; readonly label: string; readonly at: Point })[];
}

const characterWidth = 6.7;
const labelWidth = 5.6;
const stateHeight = 26;
const longestLabel = 26;

/** A chart in layers from the initial state down. */
export function layoutChart(chart: Chart): ChartLayout {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'TB', nodesep: 26, edgesep: 14, ranksep: 26, marginx: 10, marginy: 10 });
  graph.setDefaultEdgeLabel(() => ({}));
  const leaves = chart.states.filter((state) => state.type !== 'compound');
  for (const { id, initial } of leaves)
    graph.setNode(id, { width: Math.max(56, id.length * characterWidth + (initial ? 36 : 24)), height: stateHeight });
  const edges = edgesOf(chart).map((edge) => ({ ...edge, label: labelOf(edge) }));
  for (const { from, to, label } of edges)
    graph.setEdge(from, to, { width: label.length * labelWidth + 6, height: label === '' ? 0 : 14, labelpos: 'c' });
  layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { readonly width?: number; readonly height?: number };
  return {
    width,
    height,
    states: leaves.map(({ id, type, initial }) => ({
      ...(graph.node(id) as Point & { readonly width: number; readonly height: number }),
      id,
      label: id,
      final: type === 'final',
      initial: initial && !id.includes('.'),
    })),
    edges: edges.map((edge) => {
      const placed = graph.edge(edge.from, edge.to) as Point & { readonly points: readonly Point[] };
      return { ...edge, points: placed.points, at: { x: placed.x, y: placed.y } };
    }),
  };
}

/** The first event that takes the edge, and how many more do; guards that are plain functions have no name. */
function labelOf({ events }: ChartEdge): string {
  const [first = '', ...more] = events;
  const short = first.length > longestLabel ? `${first.slice(0, longestLabel - 1)}…` : first;
  return more.length === 0 ? short : `${short} +${more.length}`;
}
