import type { JournalEntry } from '#kernel/types.ts';
import type { HttpRequest, HttpResponse } from '#protocol/rest.ts';
import { stableStringify } from '#base/json.ts';
import { isMoment } from './moments.ts';
import { readMessage, resourceOf } from './packets.ts';
import type { RunCondition } from './port.ts';

/** Whether an entry is what a run waits for. Times and quiet are watched by the session itself. */
export function conditionMet(condition: RunCondition, entry: JournalEntry): boolean {
  switch (condition.type) {
    case 'status':
      return entry.message.type === 'http.response' && (entry.message as HttpResponse).status === condition.code;
    case 'verb': {
      if (entry.message.type !== 'http.request') return false;
      const request = entry.message as HttpRequest;
      return request.method === condition.method && resourceOf(request.path).split('/')[0] === condition.resource;
    }
    case 'text':
      return (
        entry.kind === 'message' &&
        (readMessage(entry.message).label.includes(condition.text) || stableStringify(entry.message).includes(condition.text))
      );
    case 'moment':
      return isMoment(condition.moment, entry);
    case 'time':
    case 'settled':
      return false;
  }
}
