/** Workspace paths have no folders of their own: `./a`, `~/a` and `a` are one file. */
export const plainPath = (path: string): string => path.replace(/^(?:~\/|\.\/|\/root\/)+/, '');
