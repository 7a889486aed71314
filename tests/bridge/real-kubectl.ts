import { execFileSync } from 'node:child_process';
import process from 'node:process';

/** Whether there is a kubectl on this machine; says so where there is none. */
export function kubectlIsThere(): boolean {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' });
    return true;
  } catch {
    process.stderr.write('There is no kubectl on this machine: the tests with a real one are skipped.\n');
    return false;
  }
}
