import { describe, expect, it } from 'vitest';
import { filters, filterLine, treatsLinesAlone } from '#base/filters/index.ts';
import type { KubectlResult, ShellOperation } from './operations.ts';
import { hereDocumentWord, incompleteness, parseShell } from './shell-parse.ts';
import { runLine } from './shell-run.ts';

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly kubectl: readonly (readonly string[])[];
  readonly stdin: readonly (string | undefined)[];
}

/** Runs a line with files and variables of its own, and a kubectl that prints its arguments. */
function run(line: string, files: Map<string, string> = new Map(), documents: Parameters<typeof runLine>[1] = []): Run {
  const variables = new Map<string, string>([['USER', 'alice']]);
  const kubectl: (readonly string[])[] = [];
  const stdin: (string | undefined)[] = [];
  const printed = { out: '', err: '' };
  const answer = (operation: ShellOperation): unknown => {
    switch (operation.type) {
      case 'kubectl': {
        kubectl.push(operation.argv);
        stdin.push(operation.stdin);
        const stdout = `${operation.argv.join(' ')}\nsecond line\n`;
        if (operation.sink === 'screen') printed.out += stdout;
        if (operation.sink === 'lines')
          printed.out += stdout
            .split('\n')
            .slice(0, -1)
            .map((text) => filterLine(operation.through!, text))
            .join('');
        return {
          stdout: operation.sink === 'collect' ? stdout : '',
          stderr: '',
          code: operation.argv[0] === 'fail' ? 1 : 0,
        } satisfies KubectlResult;
      }
      case 'print':
        printed[operation.stream] += operation.text;
        return undefined;
      case 'read-file':
        return files.get(operation.path);
      case 'list-files':
        return [...files.keys()];
      case 'write-file':
        return void files.set(operation.path, operation.content);
      case 'remove-file':
        return void files.delete(operation.path);
      case 'variable':
        return variables.get(operation.name);
      case 'set-variable':
        return void (operation.value === undefined ? variables.delete(operation.name) : variables.set(operation.name, operation.value));
      default:
        return undefined;
    }
  };
  const shell = runLine(line, documents);
  let step = shell.next();
  while (step.done !== true) step = shell.next(answer(step.value));
  return { code: step.value, ...printed, kubectl, stdin };
}

describe('a line of the shell', () => {
  it('keeps quoted words together and expands what is not in single quotes', () => {
    expect(run(`kubectl a "b c" 'd $USER' "$USER" \${USER}x \\$USER`).kubectl).toEqual([
      ['a', 'b c', 'd $USER', 'alice', 'alicex', '$USER'],
    ]);
  });
  it('gives an empty quoted word as an argument', () => {
    expect(run(`kubectl label x a=""`).kubectl).toEqual([['label', 'x', 'a=']]);
    expect(run(`kubectl x ''`).kubectl).toEqual([['x', '']]);
  });
  it('runs what follows && and || by the exit code', () => {
    expect(run('kubectl fail && echo no || echo yes').out).toBe('fail\nsecond line\nyes\n');
    expect(run('true || echo no; echo $?').out).toBe('0\n');
  });
  it('substitutes the output of a command, split at blanks', () => {
    expect(run('kubectl delete $(echo pod web | tr a-z A-Z)').kubectl).toEqual([['delete', 'POD', 'WEB']]);
    expect(run('kubectl get "$(printf "a b")"').kubectl).toEqual([['get', 'a b']]);
  });
  it('runs the line of a substitution as any other', () => {
    const files = new Map<string, string>();
    expect(run('echo $(false && echo no || echo yes; echo more > f; cat none 2>/dev/null)', files).out).toBe('yes\n');
    expect(files.get('f')).toBe('more\n');
    expect(run('echo $(cat none 2>&1 | wc -l) $(echo a b | xargs -n 1 echo x)').out).toBe('1 x a x b\n');
    expect(run('echo $(cat none)').err).toBe('cat: none: No such file or directory\n');
  });
  it('passes each line of a kubectl through filters that treat lines alone', () => {
    expect(run('kubectl get pods -w | grep second').out).toBe('second line\n');
  });
  it('collects where a filter needs the whole text', () => {
    expect(run('kubectl get pods | wc -l').out).toBe('2\n');
    expect(run('kubectl get pods | grep -c line').out).toBe('1\n');
  });
  it('writes, appends and reads files', () => {
    const files = new Map<string, string>();
    expect(run('echo a > f; echo b >> ./f; cat < f', files).out).toBe('a\nb\n');
    expect(files.get('f')).toBe('a\nb\n');
    expect(run('grep b f && kubectl apply -f f', files).out).toContain('b\napply -f f');
    expect(run('cat < none').err).toBe('bash: none: No such file or directory\n');
  });
  it('gives here-documents and here-strings as standard input', () => {
    expect(run('kubectl apply -f - <<EOF', new Map(), [hereDocumentWord('kind: $USER\n', true)]).stdin).toEqual(['kind: alice\n']);
    expect(run(`kubectl apply -f - <<'EOF'`, new Map(), [hereDocumentWord('kind: $USER\n', false)]).stdin).toEqual(['kind: $USER\n']);
    expect(run('kubectl apply -f - <<< abc').stdin).toEqual(['abc\n']);
  });
  it('sends errors into a pipe with 2>&1', () => {
    expect(run('cat none 2>&1 | wc -l').out).toBe('1\n');
    expect(run('cat none 2>/dev/null | wc -l').out).toBe('0\n');
  });
  it('hands words to xargs', () => {
    expect(run('echo a b | xargs kubectl delete pod').kubectl).toEqual([['delete', 'pod', 'a', 'b']]);
    expect(run('echo a b | xargs -I {} kubectl get {}').kubectl).toEqual([
      ['get', 'a'],
      ['get', 'b'],
    ]);
  });
  it('complains as bash does', () => {
    expect(run('nope')).toMatchObject({ code: 127, err: 'bash: nope: command not found\n' });
    expect(run('| a').err).toBe("bash: syntax error near unexpected token `|'\n");
    expect(run('echo >').err).toBe("bash: syntax error near unexpected token `newline'\n");
    expect(run('echo )').err).toBe("bash: syntax error near unexpected token `)'\n");
  });
});

describe('what a text lacks', () => {
  it.each([
    ["echo 'a", { type: 'more' }],
    ['echo "a', { type: 'more' }],
    ['echo a \\', { type: 'more' }],
    ['echo $(a', { type: 'more' }],
    ['a |', { type: 'more' }],
    ['a &&', { type: 'more' }],
    ['kubectl apply -f - <<EOF', { type: 'heredoc', end: 'EOF', expand: true, strip: false }],
    ["cat <<-'END' > f", { type: 'heredoc', end: 'END', expand: false, strip: true }],
    ['echo a # "b', undefined],
    ['a;', undefined],
    ['a ||| b', undefined],
  ])('%s', (text, lacks) => expect(incompleteness(text)).toEqual(lacks));

  it('asks for the second here-document after the first', () => {
    expect(incompleteness('cat <<A <<B', 1)).toMatchObject({ end: 'B' });
    expect(incompleteness('cat <<A <<B', 2)).toBeUndefined();
  });
  it('continues a line after a backslash and a command after a pipe', () => {
    expect(parseShell('echo a \\\nb')).toEqual(parseShell('echo a b'));
    expect(parseShell('a |\nb')).toEqual(parseShell('a | b'));
  });
});

describe('filters', () => {
  const text = 'NAME READY STATUS\nweb-1 1/1 Running\nweb-2 0/1 Pending\ndb-1 1/1 Running\n';
  const filtered = (name: string, ...args: string[]): string => filters[name]!(args, text).text;
  it('grep', () => {
    expect(filtered('grep', '-v', 'NAME')).not.toContain('NAME');
    expect(filtered('grep', '-E', 'web-2|db')).toBe('web-2 0/1 Pending\ndb-1 1/1 Running\n');
    expect(filtered('grep', 'web-2\\|db')).toBe('web-2 0/1 Pending\ndb-1 1/1 Running\n');
    expect(filtered('grep', '-A1', 'web-1')).toBe('web-1 1/1 Running\nweb-2 0/1 Pending\n');
    expect(filtered('grep', '-o', 'web-[0-9]')).toBe('web-1\nweb-2\n');
    expect(filters['grep']!(['nothing'], text).code).toBe(1);
    expect(filters['grep']!(['('], text).text).toBe('');
    expect(filters['grep']!(['-E', '('], text)).toMatchObject({ code: 2 });
  });
  it('awk', () => {
    expect(filtered('awk', '{print $1}')).toBe('NAME\nweb-1\nweb-2\ndb-1\n');
    expect(filtered('awk', 'NR>1 {print $3, $1}')).toBe('Running web-1\nPending web-2\nRunning db-1\n');
    expect(filtered('awk', '$3 == "Running" {print "pod/" $1}')).toBe('pod/web-1\npod/db-1\n');
    expect(filtered('awk', '/web/')).toBe('web-1 1/1 Running\nweb-2 0/1 Pending\n');
    expect(filters['awk']!(['BEGIN{while(1){}}'], text)).toMatchObject({ code: 2 });
  });
  it('sed', () => {
    expect(filtered('sed', 's/web/app/')).toContain('app-2');
    expect(filtered('sed', '1d;s/-\\([0-9]\\)/=\\1/')).toBe('web=1 1/1 Running\nweb=2 0/1 Pending\ndb=1 1/1 Running\n');
    expect(filtered('sed', '-n', '2,3p')).toBe('web-1 1/1 Running\nweb-2 0/1 Pending\n');
    expect(filters['sed']!(['k'], text)).toMatchObject({ code: 1, error: "sed: -e expression #1, char 1: unknown command: `k'\n" });
  });
  it('sort, uniq, cut, head, tail, tr', () => {
    expect(filtered('sort', '-k3', '-r').split('\n')[0]).toBe('NAME READY STATUS');
    expect(filters['sort']!(['-n'], '10\n9\n').text).toBe('9\n10\n');
    expect(filters['uniq']!(['-c'], 'a\na\nb\n').text).toBe('      2 a\n      1 b\n');
    expect(filtered('cut', '-d', ' ', '-f', '1,3')).toContain('web-1 Running\n');
    expect(filtered('head', '-n', '1')).toBe('NAME READY STATUS\n');
    expect(filtered('tail', '-n', '+4')).toBe('db-1 1/1 Running\n');
    expect(filters['tail']!(['-n', '0'], 'a\n').text).toBe('');
    expect(filters['tr']!(['-d', 'a-c'], 'abcd\n').text).toBe('d\n');
  });
  it('knows which of them may see one line at a time', () => {
    expect(treatsLinesAlone(['grep', '-v', 'x'])).toBe(true);
    expect(treatsLinesAlone(['grep', '-c', 'x'])).toBe(false);
    expect(treatsLinesAlone(['sort'])).toBe(false);
  });
});
