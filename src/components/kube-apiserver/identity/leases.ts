/** Where each API server has a key with a lease: who is alive (pkg/controlplane/reconcilers/lease.go). */
export const masterLeases = '/registry/masterleases';
