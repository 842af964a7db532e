/**
 * What a worker knows about the trial that it holds, and what it says about it. Nothing here waits or sends;
 * heartbeats only set `directive` and `isOver`, and what is over stays over.
 */
import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";

import {
  AssayError,
  DeadlineExceeded,
  invalid,
  LeaseLost,
  Preempted,
  StudyNotFound,
  StudyOver,
  TrialNotFound,
  Unavailable,
  WrongTrialState,
} from "./errors.js";
import {
  type Directive as DirectiveMessage,
  DirectiveAction,
  DirectiveReason,
  type Lease,
  type Measurement,
  MeasurementSchema,
  MetricValueSchema,
  type Trial,
  TrialState,
} from "./gen/assay/v1/trial_pb.js";
import type { HeartbeatResponse, ReportMeasurementsResponse } from "./gen/assay/v1/trial_service_pb.js";
import { type Metrics, shortName } from "./records.js";
import { milliseconds } from "./status.js";

/** Characters of a failure's text that the server keeps; of a trace the end matters. */
const LONGEST_MESSAGE = 16_384;
/** For the last words of a worker that has to go, or whose server has gone. */
const PARTING_PATIENCE_MS = 5_000;

/** What a worker shall do now. */
export type Action = "CONTINUE" | "PAUSE" | "STOP";

/** The answer to a report. */
export interface Directive {
  readonly action: Action;
  /** PROMOTED, RUNG_REACHED, COMPLETED, PRUNED, STUDY_OVER, STOPPED_BY_USER, why the trial was lost, or empty. */
  readonly reason: string;
  /** Train until this step is reported; undefined without a fidelity. */
  readonly untilStep: bigint | undefined;
}

/** What to say when the body of a trial is left. */
export type Farewell = { readonly say: "nothing" | "complete" } | { readonly say: "release" | "fail"; reason: string };

/** What a measurement says beside metrics. */
export interface Circumstances {
  readonly step?: bigint | number | undefined;
  readonly cost?: number | undefined;
  readonly sem?: Metrics | undefined;
}

/** A trial in the hands of a worker. */
export class Holding {
  readonly startStep: bigint;
  directive: Directive;
  heartbeatIntervalMs: number;
  /** Whether there is nothing more to say: it ended, was handed back, or is lost. */
  isOver = false;
  #step: bigint | undefined;
  #lastReported: bigint | undefined;
  #measuredAt: number;

  constructor(
    readonly message: Trial,
    private readonly now: () => number,
  ) {
    this.startStep = startStepOf(message);
    this.directive = { action: "CONTINUE", reason: "", untilStep: message.untilStep };
    this.heartbeatIntervalMs = intervalOf(message.lease);
    this.#measuredAt = now();
  }

  /** Whether the worker shall leave the trial now. */
  get shouldStop(): boolean {
    return this.isOver || this.directive.action !== "CONTINUE";
  }

  /** The next step to train to; undefined: leave. */
  advance(): bigint | undefined {
    if (this.shouldStop) {
      return undefined;
    }
    let step = (this.#step ?? this.startStep) + 1n;
    const until = this.directive.untilStep;
    if (until !== undefined && step > until) {
      if (this.#step !== undefined || this.#lastReported !== undefined) {
        return undefined;
      }
      step = until; // resumed at the very end of its budget: evaluated once more, since nobody heard of it
    }
    this.#step = step;
    return step;
  }

  /** What was measured, under the step that is due unless the caller names one. */
  measurement(metrics: Metrics, { step, cost, sem = {} }: Circumstances): Measurement {
    if (Object.keys(metrics).length === 0) {
      throw invalid({ field: "metrics", description: "a report needs at least one metric" });
    }
    const unknown = Object.keys(sem).filter((name) => !(name in metrics));
    if (unknown.length > 0) {
      throw invalid({ field: "sem", description: `${unknown.join(", ")} are not among the reported metrics` });
    }
    const values = Object.entries(metrics).map(([name, value]) => {
      const error = sem[name];
      const init = { value: number(name, value), sem: error === undefined ? undefined : number(`sem of ${name}`, error) };
      return [name, create(MetricValueSchema, init)] as const;
    });
    return create(MeasurementSchema, {
      step: step === undefined ? this.#dueStep() : whole("step", step),
      metrics: Object.fromEntries(values),
      cost: cost === undefined ? undefined : number("cost", cost),
      elapsed: durationFromMs(Math.max(0, Math.round(this.now() - this.#measuredAt))),
    });
  }

  /** Take in the answer to a report. */
  reported(measured: Measurement, answer: ReportMeasurementsResponse): Directive {
    this.#lastReported = measured.step;
    this.#measuredAt = this.now();
    this.#obey(directiveFrom(answer.directive));
    const isRunning = ["RUNNING", "UNKNOWN"].includes(shortName(TrialState, answer.state));
    this.isOver = this.directive.action !== "CONTINUE" || !isRunning;
    this.#renewed(answer.lease);
    return this.directive;
  }

  /** Take in the answer to a heartbeat: only a wish to leave, since a report may have learnt more meanwhile. */
  heard(answer: HeartbeatResponse): void {
    const directive = directiveFrom(answer.directive);
    if (directive.action !== "CONTINUE" && !this.isOver) {
      this.#obey(directive);
      this.isOver = answer.lease === undefined;
    }
    this.#renewed(answer.lease);
  }

  /** Take in what a heartbeat, a report or a last word was answered with instead. */
  refused(error: unknown): void {
    const ends = [LeaseLost, WrongTrialState, StudyOver, TrialNotFound, StudyNotFound];
    if (error instanceof AssayError && ends.some((kind) => error instanceof kind) && !this.isOver) {
      this.isOver = true;
      this.#obey({ action: "STOP", reason: error.reason, untilStep: undefined });
    }
  }

  /** What to say when the body is left: by an error, or without one. */
  farewell(error: unknown): Farewell {
    if (this.isOver) {
      return { say: "nothing" };
    }
    if (error !== undefined) {
      return { say: isInnocent(error) ? "release" : "fail", reason: tail(textOf(error)) };
    }
    if (this.directive.action !== "CONTINUE") {
      // A heartbeat said so while the lease was good: handed back, nobody has to wait for it to run out.
      return { say: "release", reason: `told to stop: ${this.directive.reason}` };
    }
    if (this.#lastReported === undefined) {
      return { say: "fail", reason: "the body of the trial ended without a report" };
    }
    return { say: "complete" };
  }

  /** Whether *error* says that this trial was lost, which `run` keeps to itself. */
  isOwnLoss(error: unknown): boolean {
    return error instanceof LeaseLost && ["", this.message.name].includes(error.metadata["name"] ?? "");
  }

  #obey(directive: Directive): void {
    // The budget that was granted stays a fact.
    this.directive = { ...directive, untilStep: directive.untilStep ?? this.#grantedUntil(directive) };
  }

  #grantedUntil(directive: Directive): bigint | undefined {
    return directive.action === "CONTINUE" ? undefined : this.directive.untilStep;
  }

  #renewed(lease: Lease | undefined): void {
    if (lease !== undefined) {
      this.heartbeatIntervalMs = intervalOf(lease);
    }
  }

  #dueStep(): bigint {
    if (this.#step !== undefined) {
      return this.#step;
    }
    if (this.#lastReported !== undefined) {
      return this.#lastReported + 1n;
    }
    return this.message.untilStep === undefined ? this.startStep : this.startStep + 1n;
  }
}

/** How long the last words may be tried again; undefined: as long as any act. */
export function partingPatienceMs(error: unknown): number | undefined {
  const isHurried = isInnocent(error) || error instanceof Unavailable;
  return error !== undefined && isHurried ? PARTING_PATIENCE_MS : undefined;
}

/** Whether a heartbeat that failed so is simply tried again. */
export function isAbsence(error: AssayError): boolean {
  return error instanceof Unavailable || error instanceof DeadlineExceeded;
}

/** The end of a text, as much as the server keeps. */
export function tail(text: string): string {
  return text.slice(-LONGEST_MESSAGE).toWellFormed();
}

/** A step as the wire has it. */
export function whole(field: string, value: bigint | number): bigint {
  if (typeof value === "bigint") {
    return value;
  }
  if (!Number.isSafeInteger(value)) {
    throw invalid({ field, description: `${value} is not a whole number that a number can hold` });
  }
  return BigInt(value);
}

/** The worker has to go, and the trial is innocent. */
function isInnocent(error: unknown): boolean {
  return error instanceof Preempted || (error instanceof Error && error.name === "AbortError");
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}

/** A later server's unknown wish is to leave, since that loses nothing. */
function directiveFrom(message: DirectiveMessage | undefined): Directive {
  const action = shortName(DirectiveAction, message?.action ?? DirectiveAction.UNSPECIFIED);
  const reason = shortName(DirectiveReason, message?.reason ?? DirectiveReason.UNSPECIFIED);
  return {
    action: action === "CONTINUE" || action === "PAUSE" ? action : "STOP",
    reason: reason === "UNKNOWN" ? "" : reason,
    untilStep: message?.untilStep,
  };
}

/** Steps that the checkpoint has behind it; without one the training starts anew. */
function startStepOf(message: Trial): bigint {
  return message.checkpoint === undefined ? 0n : (message.checkpoint.step ?? message.lastStep ?? 0n);
}

function intervalOf(lease: Lease | undefined): number {
  const told = lease?.heartbeatInterval === undefined ? 0 : milliseconds(lease.heartbeatInterval);
  return told > 0 ? told : Math.max(1_000, lease?.ttl === undefined ? 0 : milliseconds(lease.ttl) / 3);
}

function number(field: string, value: unknown): number {
  if (typeof value !== "number" && typeof value !== "bigint") {
    throw invalid({ field, description: `${JSON.stringify(value)} is not a number` });
  }
  return Number(value);
}
