import { expect, it } from 'vitest';
import { codeOf, sh, type DriveOptions } from './drive.ts';

/** A script, and what it has to print. */
export interface Row {
  readonly script: string;
  readonly log: string;
  /** 0 where nothing is said. */
  readonly code?: number;
  readonly options?: DriveOptions;
}

/** One test for each script: what it prints, and how it ends. */
export const rows = (table: readonly Row[]): void => {
  it.each(table.map((row): readonly [string, Row] => [row.script, row]))('%s', (_, { script, log, code = 0, options }) => {
    const drive = sh(script, options);
    expect({ log: drive.log, code: codeOf(drive) }).toEqual({ log, code });
  });
};
