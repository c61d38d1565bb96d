/**
 * Ends all process groups of this process when it is gone, however it went: a test runner that is interrupted gives its workers no
 * time to clean up. A shell waits for the end of its input, which comes with our death, and kills what it was told of.
 */

import { spawn } from 'node:child_process';
import { onGroupStart } from '../../scripts/lib/process-group.ts';

const SCRIPT = `
trap '' INT TERM HUP
while read -r kind value; do
  case $kind in
    group) groups="$groups $value" ;;
    folder) folders="$folders $value" ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
for folder in $folders; do rm -rf "$folder"; done
`;

const shell = spawn('sh', ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
shell.unref();
// The pipe must not keep this process alive either.
(shell.stdin as unknown as { unref(): void }).unref();

onGroupStart((pid) => shell.stdin.write(`group ${pid}\n`));

/** A temporary folder, without blanks in its path, to be removed in the end. */
export function reapFolder(path: string): void {
  shell.stdin.write(`folder ${path}\n`);
}
