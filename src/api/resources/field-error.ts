import { stableStringify } from '#base/json.ts';

/** One thing that is wrong with an object. Models apimachinery/pkg/util/validation/field/errors.go. */
export interface FieldError {
  readonly type: 'Required' | 'Invalid' | 'Duplicate' | 'NotSupported' | 'Forbidden' | 'TooLong' | 'NotFound' | 'TooMany' | 'TypeInvalid';
  /** `spec.containers[0].image` */
  readonly field: string;
  readonly badValue?: unknown;
  /** The value as Go prints it, where that is not JSON with its keys in order. */
  readonly shown?: string | undefined;
  readonly detail: string;
}

const words: Readonly<Record<FieldError['type'], string>> = {
  Required: 'Required value',
  Invalid: 'Invalid value',
  Duplicate: 'Duplicate value',
  NotSupported: 'Unsupported value',
  Forbidden: 'Forbidden',
  TooLong: 'Too long',
  NotFound: 'Not found',
  TooMany: 'Too many',
  TypeInvalid: 'Invalid value',
};

export const required = (field: string, detail = ''): FieldError => ({ type: 'Required', field, detail });
export const invalid = (field: string, badValue: unknown, detail: string): FieldError => ({ type: 'Invalid', field, badValue, detail });
export const duplicate = (field: string, badValue: unknown): FieldError => ({ type: 'Duplicate', field, badValue, detail: '' });
export const forbidden = (field: string, detail: string): FieldError => ({ type: 'Forbidden', field, detail });
export const notSupported = (field: string, badValue: unknown, values: readonly string[]): FieldError => ({
  type: 'NotSupported',
  field,
  badValue,
  detail: `supported values: ${values.map((value) => JSON.stringify(value)).join(', ')}`,
});
export const typeInvalid = (field: string, badValue: unknown, detail: string): FieldError => ({
  type: 'TypeInvalid',
  field,
  badValue,
  detail,
});
export const tooMany = (field: string, count: number, limit: number): FieldError => ({
  type: 'TooMany',
  field,
  badValue: count,
  detail: `must have at most ${limit} item${limit === 1 ? '' : 's'}`,
});
export const tooLong = (field: string, limit: number): FieldError => ({
  type: 'TooLong',
  field,
  detail: `may not be more than ${limit} bytes`,
});

/** The text of an error without its field: what a cause says. */
export function errorBody(error: FieldError): string {
  const word = words[error.type];
  const value =
    error.badValue === undefined
      ? ''
      : `: ${error.shown ?? (typeof error.badValue === 'string' ? JSON.stringify(error.badValue) : stableStringify(error.badValue))}`;
  return `${word}${value}${error.detail === '' ? '' : `: ${error.detail}`}`;
}

export function errorText(error: FieldError): string {
  return `${error.field}: ${errorBody(error)}`;
}

/** Several errors as one text (ErrorList.ToAggregate). */
export function aggregate(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map(errorText))];
  return texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`;
}

/** The reason of a cause. */
export const causeReason = (error: FieldError): string => `FieldValue${error.type}`;
