export { applyJsonPatch } from './json-patch.ts';
export { applyMergePatch, createMergePatch } from './merge-patch.ts';
export { applyStrategicMergePatch } from './strategic.ts';
export { createThreeWayMergePatch, createTwoWayMergePatch } from './strategic-diff.ts';
export { PatchError } from './patch-error.ts';
export { atomicParts, mergeTyped } from './typed-merge.ts';
