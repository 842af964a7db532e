/**
 * Asks an Assay server which training run to try next, reports while it trains, and obeys.
 *
 * @packageDocumentation
 */
export { Client, type ClientOptions, type TLS } from "./client.js";
export * from "./errors.js";
export type { Action, Directive } from "./holding.js";
export type { Metrics, Params, Scalar, StudyState, TrialRecord, TrialState } from "./records.js";
export { boolean, choice, derived, double, fixed, integer, type NumberOptions, type Parameter } from "./space.js";
export {
  atLeast,
  atMost,
  type Budget,
  type Fidelity,
  maximize,
  minimize,
  type SpecOptions,
  studySpec,
  sumAtLeast,
  sumAtMost,
} from "./spec.js";
export type { AskOptions, Study, TrialsOptions } from "./study.js";
export type { ReportOptions, Trial } from "./trial.js";
export { VERSION } from "./version.js";
