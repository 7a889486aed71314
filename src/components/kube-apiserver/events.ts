import type { KubeObject } from '#api/object.ts';

interface NewEvent {
  readonly regarding?: object;
  readonly note?: string;
  readonly reportingController?: string;
  readonly deprecatedSource?: object;
  readonly deprecatedFirstTimestamp?: string;
  readonly deprecatedLastTimestamp?: string;
  readonly deprecatedCount?: number;
}

/** Both versions of events are one store: an events.k8s.io/v1 Event as the v1 Event it is kept as (pkg/apis/events/v1/conversion.go). */
export function storedEvent(object: KubeObject): KubeObject {
  const { regarding = {}, note, reportingController, deprecatedSource, deprecatedFirstTimestamp, deprecatedLastTimestamp, deprecatedCount, ...rest } = object as KubeObject & NewEvent;
  return {
    ...(rest as KubeObject),
    apiVersion: 'v1',
    involvedObject: regarding,
    ...(note === undefined ? {} : { message: note }),
    ...(reportingController === undefined ? {} : { reportingComponent: reportingController }),
    source: deprecatedSource ?? {},
    firstTimestamp: deprecatedFirstTimestamp ?? null,
    lastTimestamp: deprecatedLastTimestamp ?? null,
    ...(deprecatedCount === undefined ? {} : { count: deprecatedCount }),
  };
}
