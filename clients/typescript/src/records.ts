/** What the server tells: pictures of trials at one moment. */
import type { Configuration } from "./gen/assay/v1/space_pb.js";
import { type Trial, TrialState as TrialStates } from "./gen/assay/v1/trial_pb.js";

/** A value of a parameter. An integer parameter has a bigint, so that it is never mistaken for a real number. */
export type Scalar = number | bigint | string | boolean;
/** A value for each active parameter. */
export type Params = Readonly<Record<string, Scalar>>;
/** What was measured, by name. */
export type Metrics = Readonly<Record<string, number>>;

/** Where a trial is in its life; UNKNOWN for a state of a later server. */
export type TrialState =
  | "QUEUED"
  | "RUNNING"
  | "PAUSED"
  | "SUCCEEDED"
  | "STOPPED"
  | "FAILED"
  | "INFEASIBLE"
  | "UNKNOWN";
/** Whether a study hands out trials; UNKNOWN for a state of a later server. */
export type StudyState = "ACTIVE" | "STOPPED" | "COMPLETED" | "UNKNOWN";

/** A trial as it was when it was read. */
export interface TrialRecord {
  /** Dense within the study, from 1. */
  readonly number: number;
  readonly state: TrialState;
  readonly params: Params;
  /** Of the result once SUCCEEDED, of the latest measurement before; empty when there is none. */
  readonly metrics: Metrics;
  /** The last reported step; 0 when there is none. All 64 bits. */
  readonly steps: bigint;
  /** Where to resume from; undefined when there is none. */
  readonly checkpoint: string | undefined;
  /** Whether all hard constraints are kept; undefined when that is not known. */
  readonly feasible: boolean | undefined;
  /** Everything that was read. */
  readonly message: Trial;
}

/** A trial's record. */
export function recordFrom(message: Trial): TrialRecord {
  const shown = message.finalMeasurement ?? message.latestMeasurement;
  const metrics = Object.entries(shown?.metrics ?? {}).map(([name, metric]) => [name, metric.value] as const);
  return {
    number: Number(message.number),
    state: trialState(message.state),
    params: paramsFrom(message.configuration),
    metrics: Object.fromEntries(metrics),
    steps: message.lastStep ?? 0n,
    checkpoint: message.checkpoint?.uri,
    feasible: message.feasible,
    message,
  };
}

/** Values by parameter name; one of a kind that only a later server knows is left out. */
export function paramsFrom(message: Configuration | undefined): Params {
  const params: Record<string, Scalar> = {};
  for (const [name, { kind }] of Object.entries(message?.values ?? {})) {
    if (kind.value !== undefined) {
      params[name] = kind.value;
    }
  }
  return params;
}

/** Where a trial is in its life. */
export function trialState(state: TrialStates): TrialState {
  return shortName(TrialStates, state) as TrialState;
}

/** An enum's name in the contract, without prefix; UNKNOWN for a value of a later server, "" for none. */
export function shortName(names: Readonly<Record<number, string>>, value: number): string {
  const name = names[value];
  return name === undefined ? "UNKNOWN" : name === "UNSPECIFIED" ? "" : name;
}
