/** Headers of `-L` columns: the last part of the label's key in capitals. */
export function matchLabelColumns(labels: readonly string[]): readonly string[] {
  return labels.map((label) => label.slice(label.lastIndexOf('/') + 1).toUpperCase());
}
