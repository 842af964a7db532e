/** How things look on the lines of the conformance suite (tests/conformance/README.md). */
import { toBinary } from "@bufbuild/protobuf";

import { AssayError, type Directive, type Metrics, type Params, type Study, type Trial, type TrialRecord } from "../src/index.js";
import { StudySpecSchema } from "../src/v1.js";

export type Json = Record<string, unknown>;

/** Every argument of every command. */
export interface Command {
  readonly id: number;
  readonly do: string;
  readonly on: string;
  readonly as: string | string[];
  readonly [argument: string]: unknown;
}

/** A metric of the toy that `work` trains. */
export interface Formula {
  readonly base?: string;
  readonly by_param?: Record<string, string>;
  readonly over_step?: string;
}

export function shownStudy(study: Study): Json {
  const spec = study.spec === undefined ? "" : Buffer.from(toBinary(StudySpecSchema, study.spec)).toString("base64");
  const { name, state, endReason, isOver, seed } = study;
  return { name, state, end_reason: endReason, is_over: isOver, seed: String(seed), spec };
}

export function shownTrial(trial: Trial): Json {
  return {
    name: trial.name,
    number: String(trial.number),
    attempt: String(trial.attempt),
    seed: String(trial.seed),
    params: shownParams(trial.params),
    checkpoint: trial.checkpoint,
    start_step: String(trial.startStep),
    should_stop: trial.shouldStop,
    ...shownDirective(trial.directive),
  };
}

export function shownRecord(record: TrialRecord): Json {
  const metrics = Object.entries(record.metrics).map(([name, value]) => [name, text(value)]);
  return {
    number: String(record.number),
    state: record.state,
    params: shownParams(record.params),
    metrics: Object.fromEntries(metrics),
    steps: String(record.steps),
    checkpoint: record.checkpoint,
  };
}

export function shownDirective({ action, reason, untilStep }: Directive): Json {
  return { action, reason, until_step: untilStep === undefined ? undefined : String(untilStep) };
}

export function shownError(error: unknown): Json {
  if (!(error instanceof AssayError)) {
    return { kind: "Foreign", message: error instanceof Error ? (error.stack ?? String(error)) : String(error) };
  }
  const { name, code, reason, message, metadata, violations } = error;
  return { kind: name, code, reason, message, metadata, violations };
}

/** The toy: base + Σ by_param · params + over_step / step, for each metric. */
export function measured(formulas: Record<string, Formula>, params: Params, step: number): Metrics {
  const values = Object.entries(formulas).map(([name, { base = "0", by_param = {}, over_step = "0" }]) => {
    const terms = Object.entries(by_param).map(([param, weight]) => Number(weight) * Number(params[param] ?? 0));
    return [name, terms.reduce((sum, term) => sum + term, Number(base)) + Number(over_step) / step] as const;
  });
  return Object.fromEntries(values);
}

/** Doubles by name, as a command has them. */
export function doubles(found: unknown): Metrics {
  const values = Object.entries((found ?? {}) as Record<string, string>).map(([name, value]) => [name, Number(value)]);
  return Object.fromEntries(values) as Metrics;
}

function shownParams(params: Params): Json {
  const kinds = { number: "double", bigint: "integer", string: "string", boolean: "boolean" };
  const values = Object.entries(params).map(([name, value]) => {
    const kind = kinds[typeof value as keyof typeof kinds];
    return [name, { [kind]: typeof value === "number" ? text(value) : typeof value === "bigint" ? String(value) : value }];
  });
  return Object.fromEntries(values) as Json;
}

function text(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}
