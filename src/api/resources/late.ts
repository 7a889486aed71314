import { flowSchemaErrors, priorityLevelErrors } from './flow-validation.ts';
import { lateKinds } from './late-kinds.ts';
import { mutatingPolicy, mutatingPolicyBinding, validatingPolicy, validatingPolicyBinding } from './policy-validation.ts';
import { webhookConfiguration } from './webhook-validation.ts';

lateKinds.provide({
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy': validatingPolicy,
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding': validatingPolicyBinding,
  'admissionregistration.k8s.io/MutatingAdmissionPolicy': mutatingPolicy,
  'admissionregistration.k8s.io/MutatingAdmissionPolicyBinding': mutatingPolicyBinding,
  'admissionregistration.k8s.io/MutatingWebhookConfiguration': webhookConfiguration,
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration': webhookConfiguration,
  'flowcontrol.apiserver.k8s.io/FlowSchema': flowSchemaErrors,
  'flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration': priorityLevelErrors,
});
