import type { Environment } from '../state.ts';

/** The number of lists in ash's table of variables (shell/ash.c, VTABSIZE). */
const tableSize = 39;

/** shell/ash.c, hashvar */
function hash(name: string): number {
  let value = name.charCodeAt(0) << 4;
  for (let index = 0; index < name.length; index++) value += name.charCodeAt(index);
  return value % tableSize;
}

/** Variables in the order in which ash hands them to its children (shell/ash.c, listvars): that of its hash table. */
export function ordered(variables: Environment): Environment {
  return variables
    .map((entry, index) => ({ entry, index, bucket: hash(entry[0]) }))
    .sort((a, b) => a.bucket - b.bucket || a.index - b.index)
    .map(({ entry }) => entry);
}
