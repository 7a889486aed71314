import { describe, expect, it } from 'vitest';
import { filters } from './index.ts';

const input = 'NAME READY STATUS AGE\nweb-1 1/1 Running 5\nweb-2 0/1 Pending 3\ndb-1 1/1 Running 10\n\n  spaced   out  \n';
/** Arguments, and what a real awk (mawk 1.3.4) printed. */
const table: readonly (readonly [args: readonly string[], out: string])[] = [
  [['{print $1}'], 'NAME\nweb-1\nweb-2\ndb-1\n\nspaced\n'],
  [['NR>1 {print $3, $1}'], 'Running web-1\nPending web-2\nRunning db-1\n \n spaced\n'],
  [['$3 == "Running" {print "pod/" $1}'], 'pod/web-1\npod/db-1\n'],
  [['/web/'], 'web-1 1/1 Running 5\nweb-2 0/1 Pending 3\n'],
  [['NR==2'], 'web-1 1/1 Running 5\n'],
  [['END {print NR}'], '6\n'],
  [['{s+=$4} END {print s, s/3}'], '18 6\n'],
  [['BEGIN {print "hi"; x=3; print x*2, x^2, x%2}'], 'hi\n6 9 1\n'],
  [
    ['{printf "%-8s|%3d|%s\\n", $1, $4, $NF}'],
    'NAME    |  0|AGE\nweb-1   |  5|5\nweb-2   |  3|3\ndb-1    | 10|10\n        |  0|\nspaced  |  0|out\n',
  ],
  [['{c[$3]++} END {print c["Running"], c["Pending"], length(c)}'], '2 1 4\n'],
  [['NF {n++} END {print n}'], '5\n'],
  [['{print NF, $NF}'], '4 AGE\n4 5\n4 3\n4 10\n0 \n2 out\n'],
  [['!/web/ {print NR": "$0}'], '1: NAME READY STATUS AGE\n4: db-1 1/1 Running 10\n5: \n6:   spaced   out  \n'],
  [['$4 > 4'], 'NAME READY STATUS AGE\nweb-1 1/1 Running 5\ndb-1 1/1 Running 10\n'],
  [['NR>1 && $4<10 || /db/ {print $1}'], 'web-1\nweb-2\ndb-1\n\nspaced\n'],
  [['{gsub(/web/,"app"); print $1}'], 'NAME\napp-1\napp-2\ndb-1\n\nspaced\n'],
  [
    ['{sub("-","_",$1); print}'],
    'NAME READY STATUS AGE\nweb_1 1/1 Running 5\nweb_2 0/1 Pending 3\ndb_1 1/1 Running 10\n\n  spaced   out  \n',
  ],
  [['{print length($1), toupper($1), substr($1,2,2)}'], '4 NAME AM\n5 WEB-1 eb\n5 WEB-2 eb\n4 DB-1 b-\n0  \n6 SPACED pa\n'],
  [['{n=split($2,a,"/"); print n, a[1]}'], '1 READY\n2 1\n2 0\n2 1\n0 \n1 out\n'],
  [['NR==1{next} {print $1; exit}'], 'web-1\n'],
  [['BEGIN {for(i=1;i<=3;i++) {if (i==2) continue; print i}}'], '1\n3\n'],
  [['BEGIN {while (i<2) {print i+0; i++}}'], '0\n1\n'],
  [['BEGIN {x="a"; y=x "b" 1+2; print y}'], 'ab3\n'],
  [['{print ($4>4) ? "old" : "young"}'], 'old\nold\nyoung\nold\nyoung\nyoung\n'],
  [['-F/', '{print $2}'], '\n1 Running 5\n1 Pending 3\n1 Running 10\n\n\n'],
  [['-F', '[-/]', '{print $2}'], '\n1 1\n2 0\n1 1\n\n\n'],
  [['-v', 't=4', '$4>=t {print $1}'], 'NAME\nweb-1\ndb-1\n'],
  [
    ['BEGIN {OFS="-"} {$1=$1; print}'],
    'NAME-READY-STATUS-AGE\nweb-1-1/1-Running-5\nweb-2-0/1-Pending-3\ndb-1-1/1-Running-10\n\nspaced-out\n',
  ],
  [['{$2=""; print}'], 'NAME  STATUS AGE\nweb-1  Running 5\nweb-2  Pending 3\ndb-1  Running 10\n \nspaced \n'],
  [['BEGIN {printf "%5.2f|%x|%05d|%c\\n", 3.14159, 255, 42, "z"}'], ' 3.14|ff|00042|z\n'],
  [['$1 ~ /^web/ && $2 !~ /0/ {print $1}'], 'web-1\n'],
  [['BEGIN {print 1==1.0, "a"<"b", "10"<"9", 10<9}'], '1 1 1 0\n'],
  [['{print $(NF)}'], 'AGE\n5\n3\n10\n\nout\n'],
  [['BEGIN {a["x"]=1; if ("x" in a) print "in"; delete a["x"]; if (!("x" in a)) print "out"}'], 'in\nout\n'],
  [['{ if ($4 > 4) { print "big" } else print "small" }'], 'big\nbig\nsmall\nbig\nsmall\nsmall\n'],
  [['BEGIN {print index("hello","l"), match("foobar","o+"), RSTART, RLENGTH, int(3.9), -3}'], '3 2 2 2 3 -3\n'],
  [['{ sum += $4; } END { printf("%d %s\\n", sum, "end") }'], '18 end\n'],
  [['BEGIN{do {print i++} while(i<2)}'], '0\n1\n'],
  [['{a=$1; print a+0}'], '0\n0\n0\n0\n0\n0\n'],
  [['BEGIN {print -2^2, 2^3^2, !0, !1, 5-3-1}'], '-4 512 1 0 1\n'],
  [['{print $1 $2}'], 'NAMEREADY\nweb-11/1\nweb-20/1\ndb-11/1\n\nspacedout\n'],
  [['{ print $1,\n$2 }'], 'NAME READY\nweb-1 1/1\nweb-2 0/1\ndb-1 1/1\n \nspaced out\n'],
];

describe('awk', () => {
  it.each(table)('%j', (args, out) => {
    expect(filters['awk']!(args, input)).toEqual({ text: out, error: '', code: 0 });
  });

  it.each(['BEGIN{while(1){}}', '{print $1', '{print > "file"}', '{frobnicate($1)}', 'BEGIN {print 1/0}'])(
    'gives up over %s',
    (program) => {
      expect(filters['awk']!([program], input)).toMatchObject({ code: 2, text: '' });
    },
  );
});
