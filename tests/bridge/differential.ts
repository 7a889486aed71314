/** What both kubectls find. */
export const preparation: readonly string[] = [
  'create deployment web --image=nginx:1.27 --replicas=2',
  'expose deployment web --port=80 --target-port=80',
  'create configmap settings --from-literal=color=blue --from-literal=size=3',
  'create secret generic key --from-literal=password=secret',
  'create serviceaccount robot',
  'create role reader --verb=get,list --resource=pods',
  'create rolebinding robots --role=reader --serviceaccount=default:robot',
  'run solo --image=busybox --labels=app=solo,tier=back -- sleep 3600',
  'wait --for=condition=Available deployment/web --timeout=60s',
  'wait --for=condition=Ready pod/solo --timeout=60s',
];

/** Command lines that change nothing, and print the same here and there. */
export const table: readonly string[] = `
get pods
get all
get deploy,svc -o wide
get nodes -o name
get pods -A
get pods -l app=web -o name
get svc web -o jsonpath={.spec.ports[0].port}
get --raw /healthz
get --raw /nope
get pods nothing
get nothing
get csr
top pods
top nodes
certificate approve nothing
certificate deny
auth can-i create pods
auth can-i create pods --as=nobody
auth can-i get pods/log
explain pod.spec.nothing
api-versions
api-resources --api-group=apps
rollout status deployment/web --watch=false
rollout history deployment/web
rollout status pod/solo
set env deployment/web --list
set env deployment/web A=b --dry-run=client
set resources deployment/web --limits=cpu=1 --dry-run=client
set serviceaccount deployment web robot --dry-run=client
set selector svc web app=other --dry-run=client
set subject rolebinding robots --user=eve --dry-run=client
set subject rolebinding robots --serviceaccount=default:default --dry-run=server
set subject rolebinding robots
set image deployment/web nginx=nginx:1.28 --dry-run=server
events --for pod/solo
events --types=Warning
wait --for=condition=Ready pod/solo --timeout=2s
wait --for=condition=Ready pod/none --timeout=2s
wait --for=delete pod/none --timeout=2s
wait --for=jsonpath={.status.phase}=Running pod/solo
wait --for=create pod/solo --timeout=2s
wait --for=condition=Never pod/solo --timeout=1s
wait pod/solo
wait --for=nonsense pod/solo
create ingress i --class=nginx --default-backend=web:80 --annotation=a=b --dry-run=client -o jsonpath={.spec}
create secret docker-registry d --docker-server=s --docker-username=u --docker-password=p --docker-email=e --dry-run=client -o jsonpath={.data}
create token robot --duration=1s
create token none
create nothing
expose deployment none --port=80
config use-context nothing
config unset nothing
config view -o jsonpath={.kind}
label pod solo --list
scale deployment web --current-replicas=5 --replicas=3
patch pod solo -p nonsense
describe configmap settings
describe secret key
describe role reader
describe rolebinding robots
logs none
logs -l app=none
exec solo
exec solo ls
exec solo -- echo hi
exec solo -- sh -c 'echo out; exit 4'
exec none -- ls
attach none
port-forward
port-forward solo
port-forward none 80
port-forward svc/web 8080:99
port-forward solo abc
port-forward deploy/web 1:http
cp
cp a b
cp a:b c:d
cp none solo:/tmp
delete pod none
delete pod
apply -f none.yaml
`
  .trim()
  .split('\n');
