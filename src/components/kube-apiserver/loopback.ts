import type { ClientConfig } from '#machinery/client.ts';
import type { Address } from '#kernel/types.ts';

/** The API server as its own client (the loopback client of apiserver/pkg/server). */
export const loopback = (server: Address): ClientConfig => ({
  server,
  credential: { type: 'certificate', user: 'system:apiserver', groups: ['system:masters'] },
  userAgent: 'kube-apiserver',
});
