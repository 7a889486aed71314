/** Short descriptions of fields, in our own words; details are in the documentation that the page links to. */

const documentation = 'https://kubernetes.io/docs/reference/kubernetes-api/';

const kinds: Readonly<Record<string, string>> = {
  Pod: 'One or more containers that run together on one node.',
  Deployment: 'Keeps a number of equal pods running and replaces them step by step when their template changes.',
  ReplicaSet: 'Keeps a number of equal pods running.',
  StatefulSet: 'Keeps numbered pods running, each with a name and storage of its own.',
  DaemonSet: 'Keeps one pod running on each node.',
  Job: 'Runs pods until enough of them have succeeded.',
  CronJob: 'Makes a Job at each time of a schedule.',
  Service: 'A stable address for the pods that a selector picks.',
  ConfigMap: 'Configuration that pods can read.',
  Secret: 'Confidential data that pods can read.',
  Namespace: 'A scope for names.',
  Node: 'A machine that runs pods.',
};

const fields: Readonly<Record<string, string>> = {
  apiVersion: 'The group and version of the schema that this object follows.',
  kind: 'The kind of this object.',
  metadata: 'Name, labels and everything else that all objects have.',
  spec: 'What is wanted.',
  status: 'What has been observed last. Written by the cluster, not by people.',
  containers: 'The containers of the pod. At least one.',
  initContainers: 'Containers that run to their end, one after the other, before the others start.',
  restartPolicy: 'Whether containers that have ended are started again.',
  image: 'The image that the container is made of.',
  replicas: 'How many pods are wanted.',
  selector: 'Which objects belong to this one, by their labels.',
  template: 'What new pods look like.',
  nodeName: 'The node that the pod has been bound to.',
  ports: 'The ports that are open.',
  env: 'Environment variables.',
  resources: 'What is requested and what is the limit.',
};

const enums: Readonly<Record<string, readonly string[]>> = {
  restartPolicy: ['Always', 'Never', 'OnFailure'],
  imagePullPolicy: ['Always', 'IfNotPresent', 'Never'],
  dnsPolicy: ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'],
  concurrencyPolicy: ['Allow', 'Forbid', 'Replace'],
  completionMode: ['Indexed', 'NonIndexed'],
  sessionAffinity: ['ClientIP', 'None'],
  protocol: ['SCTP', 'TCP', 'UDP'],
};

/** What a kind is for. */
export function describeKind(kind: string): string {
  return kinds[kind] ?? `See ${documentation}`;
}

/** What a field of a type is for. */
export function describeField(_type: string, field: string): string {
  return fields[field] ?? `See ${documentation}`;
}

/** The values that a field may have, where they are few. */
export function enumOf(_type: string, field: string): readonly string[] | undefined {
  return enums[field];
}
