import { strftime } from './date.ts';
import { block, exit, type Call, type Program } from './program.ts';

interface Database {
  readonly port: number;
  /** What its image says and ends with where something is missing. */
  readonly refuses?: (call: Call) => string | undefined;
  readonly ready: (call: Call) => string;
}

/** A server of which no more is known than its port, what it wants to be told, and what it says when it is ready. */
function database({ port, refuses, ready }: Database): Program {
  return {
    run: (call) => {
      const refusal = refuses?.(call);
      if (refusal !== undefined) {
        call.err(refusal);
        return exit(1);
      }
      call.err(ready(call));
      return block({ type: 'serve', listeners: [{ port, protocol: 'tcp' }] }, undefined);
    },
    signalled: (_, signal) => (signal === 'TERM' || signal === 'INT' || signal === 'QUIT' ? exit(0) : undefined),
    serve: (call) => ({ response: { type: 'tcp', data: '' }, step: block(call.task.blocked, undefined) }),
  };
}

const given = (call: Call, ...names: readonly string[]): boolean => names.some((name) => (call.variable(name) ?? '') !== '');
const second = (call: Call): string => strftime('%Y-%m-%dT%H:%M:%S', call.system.now);

const mysql = (name: string): Database => ({
  port: 3306,
  refuses: (call) =>
    given(
      call,
      `${name}_ROOT_PASSWORD`,
      'MYSQL_ROOT_PASSWORD',
      'MYSQL_ALLOW_EMPTY_PASSWORD',
      'MYSQL_RANDOM_ROOT_PASSWORD',
      'MARIADB_ALLOW_EMPTY_ROOT_PASSWORD',
      'MARIADB_RANDOM_ROOT_PASSWORD',
    )
      ? undefined
      : `${strftime('%Y-%m-%d %H:%M:%S', call.system.now)}+00:00 [ERROR] [Entrypoint]: Database is uninitialized and password option is not specified\n    You need to specify one of the following as an environment variable:\n    - ${name}_ROOT_PASSWORD\n    - ${name}_ALLOW_EMPTY_PASSWORD\n    - ${name}_RANDOM_ROOT_PASSWORD\n`,
  ready: (call) =>
    `${second(call)}.000000Z 0 [System] [MY-010931] [Server] /usr/sbin/mysqld: ready for connections. Version: '8.4.6'  socket: '/var/run/mysqld/mysqld.sock'  port: 3306  MySQL Community Server - GPL.\n`,
});

/** By name. */
export const databases: Readonly<Record<string, Program>> = {
  mariadbd: database(mysql('MARIADB')),
  memcached: database({ port: 11_211, ready: () => '' }),
  mongod: database({
    port: 27_017,
    ready: (call) =>
      `{"t":{"$date":"${second(call)}.000+00:00"},"s":"I",  "c":"NETWORK",  "id":23016,   "ctx":"listener","msg":"Waiting for connections","attr":{"port":27017,"ssl":"off"}}\n`,
  }),
  mysqld: database(mysql('MYSQL')),
  postgres: database({
    port: 5432,
    refuses: (call) =>
      given(call, 'POSTGRES_PASSWORD') || call.variable('POSTGRES_HOST_AUTH_METHOD') === 'trust'
        ? undefined
        : 'Error: Database is uninitialized and superuser password is not specified.\n       You must specify POSTGRES_PASSWORD to a non-empty value for the\n       superuser. For example, "-e POSTGRES_PASSWORD=password" on "docker run".\n\n       You may also use "POSTGRES_HOST_AUTH_METHOD=trust" to allow all\n       connections without a password. This is *not* recommended.\n\n       See PostgreSQL documentation about "trust":\n       https://www.postgresql.org/docs/current/auth-trust.html\n',
    ready: (call) => `${strftime('%Y-%m-%d %H:%M:%S', call.system.now)}.000 UTC [1] LOG:  database system is ready to accept connections\n`,
  }),
};
