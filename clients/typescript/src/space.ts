/** Parameters of a search space. */
import { create } from "@bufbuild/protobuf";

import { invalid } from "./errors.js";
import {
  BooleanParameterSchema,
  CategoricalParameterSchema,
  ConditionSchema,
  DerivedParameterSchema,
  DoubleParameterSchema,
  FixedParameterSchema,
  IntegerParameterSchema,
  type LinearTerm,
  LinearTermSchema,
  type Parameter as ParameterMessage,
  ParameterSchema,
  Scale,
  type Value,
  ValueSchema,
} from "./gen/assay/v1/space_pb.js";
import { whole } from "./holding.js";
import type { Scalar } from "./records.js";

/** Makes a parameter exist only while each of these others has one of its values. */
export type When = Readonly<Record<string, Scalar | readonly Scalar[]>>;

interface Common {
  readonly when?: When;
}

/** What else is said of a number. */
export interface NumberOptions extends Common {
  /** Equal ratios are equally likely. */
  readonly log?: boolean;
  /** Values are low, low + step, …. */
  readonly step?: number;
  /** Value of the baseline configuration. */
  readonly default?: number;
}

/** A parameter, before it has a name. */
export type Parameter = (name: string) => ParameterMessage;

/** A real number in [low, high]. */
export function double(low: number, high: number, options: NumberOptions = {}): Parameter {
  const { step, default: defaultValue } = options;
  const value = create(DoubleParameterSchema, { min: low, max: high, scale: scale(options), step, defaultValue });
  return named({ case: "double", value }, options);
}

/** A whole number in [low, high]; |low| and |high| at most 2^53. */
export function integer(low: number, high: number, options: NumberOptions = {}): Parameter {
  const optional = (field: string, given: number | undefined) => (given === undefined ? given : whole(field, given));
  const value = create(IntegerParameterSchema, {
    min: whole("low", low),
    max: whole("high", high),
    scale: scale(options),
    step: optional("step", options.step),
    defaultValue: optional("default", options.default),
  });
  return named({ case: "integer", value }, options);
}

/** One of a list: all numbers, all bigints (whole numbers), or all strings. */
export function choice<T extends number | bigint | string>(
  values: readonly T[],
  options: Common & { readonly ordered?: boolean; readonly default?: T } = {},
): Parameter {
  const value = create(CategoricalParameterSchema, {
    values: values.map(valueOf),
    ordered: options.ordered ?? false,
    defaultValue: options.default === undefined ? undefined : valueOf(options.default),
  });
  return named({ case: "categorical", value }, options);
}

/** True or false. */
export function boolean(options: Common & { readonly default?: boolean } = {}): Parameter {
  return named({ case: "boolean", value: create(BooleanParameterSchema, { defaultValue: options.default }) }, options);
}

/** The same for every trial. A bigint is a whole number, a number a real one. */
export function fixed(value: Scalar, options: Common = {}): Parameter {
  return named({ case: "fixed", value: create(FixedParameterSchema, { value: valueOf(value) }) }, options);
}

/** A constant and a weighted sum of numeric parameters; handed to trials, not searched. */
export function derived(
  weights: Readonly<Record<string, number>>,
  options: Common & { readonly constant?: number; readonly integer?: boolean } = {},
): Parameter {
  const { constant = 0, integer: isInteger = false } = options;
  const value = create(DerivedParameterSchema, { terms: terms(weights), constant, integer: isInteger });
  return named({ case: "derived", value }, options);
}

/** A value in its kind. */
export function valueOf(value: Scalar): Value {
  switch (typeof value) {
    case "number":
      return create(ValueSchema, { kind: { case: "doubleValue", value } });
    case "bigint":
      return create(ValueSchema, { kind: { case: "integerValue", value } });
    case "string":
      return create(ValueSchema, { kind: { case: "stringValue", value } });
    case "boolean":
      return create(ValueSchema, { kind: { case: "booleanValue", value } });
    default:
      throw invalid({ field: "value", description: `${JSON.stringify(value)} is not a value of a parameter` });
  }
}

/** A weighted sum; in one order, so that equal sums are equal specifications. */
export function terms(weights: Readonly<Record<string, number>>): LinearTerm[] {
  const sorted = Object.entries(weights).sort(([one], [other]) => (one < other ? -1 : 1));
  return sorted.map(([name, weight]) => create(LinearTermSchema, { name, weight }));
}

function named(kind: ParameterMessage["kind"], { when = {} }: Common): Parameter {
  const conditions = Object.entries(when).map(([parameter, values]) => {
    const all = Array.isArray(values) ? (values as readonly Scalar[]) : [values as Scalar];
    return create(ConditionSchema, { parameter, values: all.map(valueOf) });
  });
  return (name) => create(ParameterSchema, { name, kind, conditions });
}

function scale({ log = false }: NumberOptions): Scale {
  return log ? Scale.LOG : Scale.UNSPECIFIED;
}
