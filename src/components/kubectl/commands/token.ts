import { isObject } from '#base/json.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import type { Context } from '../context.ts';
import { CommandError, statusError } from '../errors.ts';
import { call, print, type Command } from '../operations.ts';
import { nameOf } from './creator.ts';

/** `kubectl create token SERVICE_ACCOUNT`. */
export function* createToken(context: Context): Command<void> {
  const name = nameOf(context);
  const { flags } = context;
  const audiences = flags.list('audience');
  const durationMs = flags.duration('duration') ?? 0;
  const spec = {
    audiences: audiences.length > 0 ? audiences : null,
    ...(durationMs > 0 ? { expirationSeconds: Math.floor(durationMs / 1000) } : { expirationSeconds: null }),
    boundObjectRef: null,
  };
  const body = { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', metadata: {}, spec };
  const response = yield* call({
    method: 'POST',
    path: resourcePath(resources.serviceaccounts, context.namespace, name, 'token'),
    body: body as never,
  });
  if (response.status >= 400) throw new CommandError(`failed to create token: ${statusError(response).message}`);
  const status = isObject(response.body) && isObject(response.body['status']) ? response.body['status'] : {};
  const { token } = status;
  if (typeof token !== 'string') throw new CommandError('failed to create token: no token in server response');
  yield* print(`${token}\n`);
}
