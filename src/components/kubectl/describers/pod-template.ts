import type { PodTemplateSpec, TopologySpreadConstraint } from '#api/types.generated.ts';
import { formatLabelSelector, labelSelectorFromObject } from '#api/selectors.ts';
import { describeContainers } from './containers.ts';
import { annotationLines, pairsLines, tolerationLines } from './format.ts';
import { describeVolumes } from './volumes.ts';

/** A pod template, without its title (describe.go, DescribePodTemplate). `level` is the indentation in steps of two. */
export function describeTemplate(template: PodTemplateSpec | undefined, level: number): string {
  if (template === undefined) return '  <unset>';
  const { metadata, spec } = template;
  const indent = '  '.repeat(level);
  return [
    pairsLines(`${indent}Labels`, metadata?.labels),
    Object.keys(metadata?.annotations ?? {}).length === 0 ? '' : annotationLines(`${indent}Annotations`, metadata?.annotations),
    spec?.serviceAccountName === undefined || spec.serviceAccountName === ''
      ? ''
      : `${indent}Service Account:\t${spec.serviceAccountName}\n`,
    spec?.initContainers === undefined || spec.initContainers.length === 0
      ? ''
      : describeContainers('Init Containers', spec.initContainers, undefined, '  ', undefined),
    describeContainers('Containers', spec?.containers ?? [], undefined, '  ', undefined),
    describeVolumes(spec?.volumes, '  '),
    topologyLines('  Topology Spread Constraints', spec?.topologySpreadConstraints),
    spec?.priorityClassName === undefined || spec.priorityClassName === ''
      ? ''
      : `${indent}Priority Class Name:\t${spec.priorityClassName}\n`,
    pairsLines('  Node-Selectors', spec?.nodeSelector),
    tolerationLines('  Tolerations', spec?.tolerations),
  ].join('');
}

/** Topology spread constraints, where there are any. */
export function topologyLines(title: string, constraints: readonly TopologySpreadConstraint[] | undefined): string {
  return [...(constraints ?? [])]
    .sort((a, b) => (a.topologyKey < b.topologyKey ? -1 : 1))
    .map(({ topologyKey, whenUnsatisfiable, maxSkew, labelSelector }, index) => {
      const selector = labelSelector === undefined ? '' : ` for selector ${formatLabelSelector(labelSelectorFromObject(labelSelector))}`;
      return `${index === 0 ? `${title}:` : ''}\t${topologyKey}:${whenUnsatisfiable} when max skew ${maxSkew} is exceeded${selector}\n`;
    })
    .join('');
}
