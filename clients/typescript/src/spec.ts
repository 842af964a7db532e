/** What a user says about a study. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";

import {
  Comparison,
  type ParameterConstraint,
  ParameterConstraintSchema,
  SearchSpaceSchema,
} from "./gen/assay/v1/space_pb.js";
import {
  BudgetSchema,
  FidelitySchema,
  Goal,
  type Objective,
  ObjectiveSchema,
  type OutcomeConstraint,
  OutcomeConstraintSchema,
  type Strategy,
  type StudySpec,
  StudySpecSchema,
} from "./gen/assay/v1/study_pb.js";
import { whole } from "./holding.js";
import { type Parameter, terms } from "./space.js";

/** What a cheap evaluation spends less of, counted in whole steps. */
export interface Fidelity {
  /** What a step is: "epoch", …. */
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Ratio between rungs; 3 when undefined. */
  readonly eta?: number;
  /** The rungs themselves, growing, from min to max. */
  readonly rungs?: readonly number[];
}

/** How much a study may spend; undefined is without limit. */
export interface Budget {
  readonly trials?: number;
  /** Sum of reported cost. */
  readonly cost?: number;
  /** Wall-clock time since creation. */
  readonly durationMs?: number;
  /** Trials that may run at the same time. */
  readonly parallelism?: number;
  /** The study ends when one trial reaches all of these together. */
  readonly targets?: Readonly<Record<string, number>>;
}

/** A study. */
export interface SpecOptions {
  /** Parameters by name. */
  readonly space: Readonly<Record<string, Parameter>>;
  readonly objectives: readonly Objective[];
  /** Bounds on metrics (`atMost`) and on weighted sums of parameters (`sumAtMost`). */
  readonly constraints?: readonly (OutcomeConstraint | ParameterConstraint)[];
  readonly fidelity?: Fidelity;
  readonly budget?: Budget;
  /** How the study chooses; the server does when undefined. */
  readonly strategy?: Strategy;
  readonly seed?: number | bigint;
  /** Metrics that are reported, kept and shown, but not optimised. */
  readonly tracked?: readonly string[];
  /** Whether the configuration of all defaults runs first; true when undefined. */
  readonly baseline?: boolean;
  /** A trial that dies so often has FAILED; 3 when undefined. */
  readonly maxAttempts?: number;
  /** How long a worker may be silent; a minute when undefined. */
  readonly leaseTtlMs?: number;
  readonly description?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Smaller is better. Results beyond the threshold have no value. */
export function minimize(metric: string, options: { readonly threshold?: number } = {}): Objective {
  return create(ObjectiveSchema, { metric, goal: Goal.MINIMIZE, threshold: options.threshold });
}

/** Larger is better. Results beyond the threshold have no value. */
export function maximize(metric: string, options: { readonly threshold?: number } = {}): Objective {
  return create(ObjectiveSchema, { metric, goal: Goal.MAXIMIZE, threshold: options.threshold });
}

/** A metric is at most *bound*; with a soft weight, the constraint may be broken at a price. */
export function atMost(metric: string, bound: number, options: { softWeight?: number } = {}): OutcomeConstraint {
  return outcome(metric, Comparison.LESS_EQUAL, bound, options.softWeight);
}

/** A metric is at least *bound*; with a soft weight, the constraint may be broken at a price. */
export function atLeast(metric: string, bound: number, options: { softWeight?: number } = {}): OutcomeConstraint {
  return outcome(metric, Comparison.GREATER_EQUAL, bound, options.softWeight);
}

/** A weighted sum of parameters is at most *bound*, in every configuration. */
export function sumAtMost(weights: Readonly<Record<string, number>>, bound: number): ParameterConstraint {
  return create(ParameterConstraintSchema, { terms: terms(weights), comparison: Comparison.LESS_EQUAL, bound });
}

/** A weighted sum of parameters is at least *bound*, in every configuration. */
export function sumAtLeast(weights: Readonly<Record<string, number>>, bound: number): ParameterConstraint {
  return create(ParameterConstraintSchema, { terms: terms(weights), comparison: Comparison.GREATER_EQUAL, bound });
}

/** The specification as the contract has it. */
export function studySpec(options: SpecOptions): StudySpec {
  const constraints = options.constraints ?? [];
  const outcomes = constraints.filter((c): c is OutcomeConstraint => "metric" in c);
  const sums = constraints.filter((c): c is ParameterConstraint => !("metric" in c));
  const known = new Set([...options.objectives.map((objective) => objective.metric), ...(options.tracked ?? [])]);
  // What only a constraint names is tracked, as the server asks.
  const constrained = outcomes.map((constraint) => constraint.metric).filter((metric) => !known.has(metric));
  return create(StudySpecSchema, {
    description: options.description ?? "",
    labels: { ...options.labels },
    space: create(SearchSpaceSchema, {
      parameters: Object.entries(options.space).map(([name, parameter]) => parameter(name)),
      constraints: sums,
    }),
    objectives: [...options.objectives],
    constraints: outcomes,
    trackedMetrics: [...(options.tracked ?? []), ...new Set(constrained)],
    fidelity: options.fidelity === undefined ? undefined : create(FidelitySchema, fidelityOf(options.fidelity)),
    budget: options.budget === undefined ? undefined : create(BudgetSchema, budgetOf(options.budget)),
    strategy: options.strategy,
    seed: options.seed === undefined ? undefined : whole("seed", options.seed),
    noDefaultBaseline: !(options.baseline ?? true),
    maxAttempts: options.maxAttempts,
    leaseTtl: options.leaseTtlMs === undefined ? undefined : durationFromMs(options.leaseTtlMs),
  });
}

function outcome(metric: string, comparison: Comparison, bound: number, softWeight?: number): OutcomeConstraint {
  return create(OutcomeConstraintSchema, { metric, comparison, bound, softWeight });
}

function fidelityOf({ name, min, max, eta, rungs = [] }: Fidelity): MessageInitShape<typeof FidelitySchema> {
  const steps = rungs.map((rung) => whole("fidelity.rungs", rung));
  return { name, min: whole("fidelity.min", min), max: whole("fidelity.max", max), eta, rungs: steps };
}

function budgetOf(budget: Budget): MessageInitShape<typeof BudgetSchema> {
  return {
    maxTrials: budget.trials === undefined ? undefined : whole("budget.trials", budget.trials),
    maxCost: budget.cost,
    maxDuration: budget.durationMs === undefined ? undefined : durationFromMs(budget.durationMs),
    parallelism: budget.parallelism,
    targets: Object.entries(budget.targets ?? {}).map(([metric, value]) => ({ metric, value })),
  };
}
