import { describe, expect, it } from 'vitest';
import { codeOf, proceed, sh, signal, start } from './testing/drive.ts';
import { rows } from './testing/rows.ts';

describe('lists and pipelines', () => {
  rows([
    { script: 'echo hi; exit 3', log: 'hi\n', code: 3 },
    { script: 'true && echo a || echo b', log: 'a\n' },
    { script: 'false && echo a || echo b', log: 'b\n' },
    { script: '! true; echo $?', log: '1\n' },
    { script: 'echo a b | tr a-z A-Z | wc -c', log: '4\n' },
    { script: 'false | true; echo $?; true | false; echo $?', log: '0\n1\n' },
    { script: 'set -o pipefail; false | true; echo $?', log: '1\n' },
    { script: 'yes | head -n 2', log: 'y\ny\n' },
    { script: 'seq 3 | while read x; do echo "<$x>"; done', log: '<1>\n<2>\n<3>\n' },
    { script: '(cd /tmp; pwd; x=1); pwd; echo "[$x]"', log: '/tmp\n/\n[]\n' },
    { script: '{ echo a; echo b; } > /tmp/f; cat /tmp/f', log: 'a\nb\n' },
    { script: 'foo; echo $?', log: 'sh: foo: not found\n127\n' },
    { script: '/no/such; echo $?', log: 'sh: /no/such: not found\n127\n' },
    { script: '/tmp; echo $?', log: 'sh: /tmp: Permission denied\n126\n' },
  ]);
});

describe('compound commands', () => {
  rows([
    { script: 'if test -f /tmp/x; then echo a; elif true; then echo b; else echo c; fi', log: 'b\n' },
    { script: 'i=0; while [ $i -lt 3 ]; do i=$((i+1)); [ $i = 2 ] && continue; echo $i; done', log: '1\n3\n' },
    { script: 'for i in 1 2; do for j in a b; do [ $j = b ] && continue 2; echo $i$j; done; done', log: '1a\n2a\n' },
    { script: 'until false; do echo once; break; done', log: 'once\n' },
    { script: 'case foo.txt in *.md) echo md;; *.txt|x) echo txt;; *) echo other;; esac', log: 'txt\n' },
    { script: 'f() { local a=1; echo "$1 $a $#"; return 4; }; f q r; echo $? $a', log: 'q 1 2\n4\n' },
    { script: 'set -- a "b c"; for x; do echo "<$x>"; done; shift; echo $# "$@"', log: '<a>\n<b c>\n1 b c\n' },
    { script: 'if [[ $x == "" && foo == f* ]]; then echo yes; fi', log: 'yes\n' },
    { script: 'for i in', log: 'sh: syntax error: unexpected end of file (expecting "do")\n', code: 2 },
    { script: 'echo "a', log: 'sh: syntax error: unterminated quoted string\n', code: 2 },
    { script: 'done', log: 'sh: syntax error: unexpected "done"\n', code: 2 },
  ]);
});

describe('expansion', () => {
  rows([
    { script: 'x="a  b"; echo $x; echo "$x"', log: 'a b\na  b\n' },
    { script: 'echo \'$HOME\' "$HOME" \\$HOME', log: '$HOME /root $HOME\n' },
    { script: 'echo ${x:-d e} ${x:=f} $x ${x:+g} ${#HOME}', log: 'd e f f g 5\n' },
    {
      script: 'f=/a/b.tar.gz; echo ${f%.*} ${f%%.*} ${f#*/} ${f##*/} ${f/b/c} ${f:1:2}',
      log: '/a/b.tar /a/b a/b.tar.gz b.tar.gz /a/c.tar.gz a/\n',
    },
    { script: 'echo $(echo a; echo b) `echo c` $((2 + 3 * 4)) $((7 / 2)) $((1 ? 2 : 3))', log: 'a b c 14 3 2\n' },
    { script: 'x=$(false); echo $?; y=1; z=$((y+=2)); echo $y $z', log: '1\n3 3\n' },
    { script: 'cd /etc; echo *wd g* no*', log: 'passwd group no*\n' },
    { script: 'echo {1..3}', log: '{1..3}\n' },
    { script: 'cat <<EOF\n$HOME\n$((1+1))\nEOF\ncat <<"X"\n$HOME\nX', log: '/root\n2\n$HOME\n' },
    { script: 'A=1 env | grep ^A=; echo "[$A]"', log: 'A=1\n[]\n' },
    { script: 'echo ${x:?no x}; echo never', log: 'sh: x: no x\n', code: 2 },
    { script: 'echo $(echo $(echo deep)) "$(printf "a\\nb\\n\\n")"', log: 'deep a\nb\n' },
  ]);
});

describe('what is no expression', () => {
  rows([
    { script: 'echo [z-a]; case x in [z-a]) echo no;; *) echo ok;; esac', log: '[z-a]\nok\n' },
    { script: '[[ a =~ ( ]] || echo no; expr a : "\\("; printf "%.200f|%99999999999s\\n" 1 | wc -c', log: 'no\n\n10104\n' },
    { script: 'date -d @99999999999999999', log: "date: invalid date '@99999999999999999'\n", code: 1 },
    { script: 'nginx: || echo no', log: 'sh: nginx:: not found\nno\n' },
  ]);
});

describe('redirection', () => {
  rows([
    { script: 'echo a > /tmp/f; echo b >> /tmp/f; cat < /tmp/f', log: 'a\nb\n' },
    { script: 'ls /nope 2> /dev/null; echo $?', log: '1\n' },
    { script: 'ls /nope > /tmp/f 2>&1; cat /tmp/f', log: 'ls: /nope: No such file or directory\n' },
    { script: 'echo x > /nope/y; echo $?', log: "sh: can't create /nope/y: nonexistent directory\n1\n" },
    { script: 'cat < /nope; echo $?', log: "sh: can't open /nope: no such file\n1\n" },
    {
      script: 'echo x > /etc/config/a',
      log: "sh: can't create /etc/config/a: Read-only file system\n",
      code: 1,
      options: { files: { '/etc/config/a': '1' }, readOnly: ['/etc/config'] },
    },
    { script: 'exec > /tmp/f; echo a; exec >&2; cat /tmp/f', log: 'a\n' },
    { script: 'while read a b; do echo "$b-$a"; done < /in', log: 'b c-a\ne-d\n', options: { files: { '/in': 'a b c\nd e\n' } } },
  ]);
});

describe('options and builtins', () => {
  rows(
    [
      { script: 'set -e; false || true; if false; then :; fi; echo ok; false; echo never', log: 'ok\n', code: 1 },
      { script: 'set -x; x=1; echo "a b"', log: "+ x=1\n+ echo 'a b'\na b\n" },
      { script: 'set -u; echo $nope', log: 'sh: nope: parameter not set\n', code: 2 },
      { script: 'trap "echo bye" EXIT; echo a; exit 2', log: 'a\nbye\n', code: 2 },
      {
        script: 'eval "x=1; echo \\$x"; . /lib.sh; greet',
        log: '1\nhello\n',
        options: { files: { '/lib.sh': 'greet() { echo hello; }\n' } },
      },
      { script: 'cd /nope; echo $?; cd /tmp; cd -', log: "sh: cd: line 1: can't cd to /nope: No such file or directory\n2\n/\n" },
      { script: 'IFS=: read a b < /etc/passwd; echo $a $b', log: 'root x:0:0:root:/root:/bin/sh\n' },
      { script: 'while getopts ab: o; do echo $o $OPTARG; done', log: 'a\nb c\n', options: {} },
      { script: 'command -v cat echo; command -v nope; echo $?', log: '/bin/cat\n127\n' },
    ].map((row) => (row.script.startsWith('while getopts') ? { ...row, script: `set -- -a -b c; ${row.script}` } : row)),
  );

  it('hands its variables to a program in the order of ash', () => {
    expect(sh('env').out).toBe(
      'HOSTNAME=web-0\nSHLVL=1\nHOME=/root\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nPWD=/\n',
    );
  });
});

describe('time and signals', () => {
  it('sleeps in virtual time', () => {
    const drive = sh('while true; do date; sleep 1; done', {}, 2500);
    expect(drive.out).toBe('Tue Nov 24 02:53:06 UTC 2026\nTue Nov 24 02:53:07 UTC 2026\nTue Nov 24 02:53:08 UTC 2026\n');
    expect(drive.needs).toEqual(['sleep 1000', 'sleep 1000', 'sleep 1000']);
  });

  it('runs a trap when the command in the foreground has ended', () => {
    const drive = start(['sh', '-c', 'trap "echo bye; exit 0" TERM; while true; do sleep 5; done']);
    proceed(drive, 1000);
    signal(drive, 'TERM');
    expect(drive.need.type).toBe('sleep');
    proceed(drive, 4000);
    expect([drive.out, codeOf(drive)]).toEqual(['bye\n', 0]);
  });

  it('interrupts wait', () => {
    const drive = start(['sh', '-c', 'trap "echo got it" TERM; sleep 60 & wait $!; echo $?']);
    signal(drive, 'TERM');
    expect([drive.out, codeOf(drive)]).toEqual(['got it\n143\n', 0]);
  });

  it.each([
    ['sleep 60', 'sleep'],
    ['while true; do sleep 1; done', 'sleep'],
    ['trap "" TERM; while true; do sleep 1; done', 'sleep'],
    ['tail -f /dev/null', 'wait'],
  ])('leaves process 1 alone where nothing handles TERM: %s', (script, need) => {
    const drive = start(['sh', '-c', script]);
    signal(drive, 'TERM');
    expect(drive.need.type).toBe(need);
    signal(drive, 'KILL');
    expect(codeOf(drive)).toBe(137);
  });

  it('ends another process by the default action', () => {
    const drive = start(['sleep', '60'], { pid: 17 });
    signal(drive, 'TERM');
    expect(codeOf(drive)).toBe(143);
  });

  it('replaces the shell by its last command, which then gets the signals', () => {
    const drive = start(['sh', '-c', 'echo hello > /usr/share/nginx/html/index.html; nginx -g "daemon off;"'], { image: 'nginx' });
    expect(drive.need).toEqual({ type: 'serve', listeners: [{ port: 80, protocol: 'http' }] });
    signal(drive, 'TERM');
    expect(codeOf(drive)).toBe(0);
  });

  it('does not hang on a loop without a pause', () => {
    const drive = sh('while true; do :; done', {}, 1000);
    expect(drive.need.type).toBe('sleep');
    expect(drive.needs.length).toBeLessThan(30);
  });

  it('runs jobs beside each other', () => {
    const drive = sh('(sleep 2; echo slow) & (sleep 1; echo fast) & wait; echo all');
    expect([drive.out, drive.needs]).toEqual(['fast\nslow\nall\n', ['sleep 1000', 'sleep 1000', 'exit']]);
  });
});
