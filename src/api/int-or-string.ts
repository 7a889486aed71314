/** apimachinery/pkg/util/intstr (GetScaledValueFromIntOrPercent): a number, or a share of a total. */
export function scaledValue(value: string | number, total: number, roundUp: boolean): number {
  if (typeof value === 'number') return value;
  const share = (Number(value.replace('%', '')) * total) / 100;
  return roundUp ? Math.ceil(share) : Math.floor(share);
}
