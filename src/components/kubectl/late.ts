import { describers } from './describers.ts';
import { describeTarget } from './describers/index.ts';
import { describeTemplate } from './describers/pod-template.ts';

describers.provide({ describeTarget, describeTemplate });
