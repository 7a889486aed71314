/**
 * What a cluster needs only when containers run programs, somebody types a kubectl command or filters its output, an object has expressions, a
 * resource a definition or a namespace its security standard.
 * The page loads it while its cluster boots; every other host imports it first of all.
 */
import '#api/cel/late.ts';
import '#api/custom/late.ts';
import '#api/resources/late.ts';
import '#base/filters/late.ts';
import '#components/container-runtime/late.ts';
import '#components/etcd/late.ts';
import '#components/etcdctl/late.ts';
import '#components/kube-apiserver/pod-security/late.ts';
import '#components/kube-apiserver/webhooks/late.ts';
import '#components/kubectl/late.ts';
import '#components/prober/late.ts';
