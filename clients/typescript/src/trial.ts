/** A trial in the hands of this worker. */
import { create, type DescMessage, type MessageShape } from "@bufbuild/protobuf";

import { AssayError, LeaseLost } from "./errors.js";
import {
  type Checkpoint,
  CheckpointSchema,
  FailureKind,
  type Provenance,
  type Trial as TrialMessage,
} from "./gen/assay/v1/trial_pb.js";
import {
  CompleteTrialRequestSchema,
  CompleteTrialResponseSchema,
  FailTrialRequestSchema,
  FailTrialResponseSchema,
  ReleaseTrialRequestSchema,
  ReleaseTrialResponseSchema,
  ReportMeasurementsRequestSchema,
  ReportMeasurementsResponseSchema,
} from "./gen/assay/v1/trial_service_pb.js";
import { Heartbeats } from "./heartbeats.js";
import { type Directive, Holding, partingPatienceMs, tail } from "./holding.js";
import { type Metrics, type Params, paramsFrom, type Scalar, type TrialState, trialState } from "./records.js";
import type { Transport } from "./transport.js";

/** What a report says beside metrics. */
export interface ReportOptions {
  /** The step of `steps()`, or one more than was reported, when undefined. */
  readonly step?: number | bigint;
  /** Where the training can be resumed from after this step. */
  readonly checkpoint?: string;
  /** Since the last report, in the unit of the budget. */
  readonly cost?: number;
  /** Standard errors, of the metrics that have one. */
  readonly sem?: Metrics;
  /** Circumstances of this attempt; once is enough. */
  readonly provenance?: Provenance;
  /** Ends the wait for an answer. */
  readonly signal?: AbortSignal;
}

/** A trial that this worker holds. Inside {@link Trial.run} heartbeats keep it held. */
export class Trial {
  /** A value for each active parameter, derived and fixed ones included. */
  readonly params: Params;
  readonly #holding: Holding;
  readonly #heartbeats: Heartbeats;

  /** @internal */
  constructor(
    message: TrialMessage,
    private readonly transport: Transport,
  ) {
    this.params = paramsFrom(message.configuration);
    this.#holding = new Holding(message, transport.surroundings.now);
    this.#heartbeats = new Heartbeats(this.#holding, transport);
  }

  /** projects/{project}/studies/{study}/trials/{number}. */
  get name(): string {
    return this.#holding.message.name;
  }

  /** Dense within the study, from 1. */
  get number(): number {
    return Number(this.#holding.message.number);
  }

  /** From 1; grows each time the trial is handed out. */
  get attempt(): number {
    return Number(this.#holding.message.lease?.attempt ?? 0n);
  }

  /** For the training; 64 bits, may be negative. */
  get seed(): bigint {
    return this.#holding.message.seed;
  }

  /** Where to resume from; undefined: train from the start. */
  get checkpoint(): string | undefined {
    return this.#holding.message.checkpoint?.uri;
  }

  /** Steps that the checkpoint has behind it; 0 without one. */
  get startStep(): number {
    return Number(this.#holding.startStep);
  }

  /** Train until this step is reported; grows with a promotion. Undefined without a fidelity. */
  get untilStep(): number | undefined {
    const until = this.#holding.directive.untilStep;
    return until === undefined ? undefined : Number(until);
  }

  /** What the server said last. */
  get directive(): Directive {
    return this.#holding.directive;
  }

  /** Whether to leave the trial now; a heartbeat may have said so between two reports. */
  get shouldStop(): boolean {
    return this.#holding.shouldStop;
  }

  /** The value of a numeric parameter as a number; throws a RangeError when there is none of that name. */
  numeric(name: string): number {
    const value: Scalar | undefined = this.params[name];
    if (typeof value !== "number" && typeof value !== "bigint") {
      throw new RangeError(`${this.name} has no numeric parameter ${JSON.stringify(name)}`);
    }
    return Number(value);
  }

  /**
   * The steps to train to, one after the other, from `startStep + 1`.
   *
   * Ends at the budget and when told to pause or stop. Without a fidelity there is no budget: break, when done.
   */
  *steps(): Generator<number, void, undefined> {
    for (let step = this.#holding.advance(); step !== undefined; step = this.#holding.advance()) {
      yield Number(step);
    }
  }

  /**
   * Say what was measured; survives a restart of the server. `steps()` obeys the answer by itself.
   *
   * Throws LeaseLost when another worker has the trial now, InvalidArgument when a metric is not a finite number, ….
   */
  async report(metrics: Metrics, options: ReportOptions = {}): Promise<Directive> {
    const measured = this.#holding.measurement(metrics, options);
    const request = create(ReportMeasurementsRequestSchema, {
      ...this.#right(),
      measurements: [measured],
      checkpoint: checkpointOf(options.checkpoint),
      provenance: options.provenance,
    });
    const [input, output] = [ReportMeasurementsRequestSchema, ReportMeasurementsResponseSchema];
    const call = { method: "TrialService/ReportMeasurements", input, output, request, isPatient: true };
    const answer = await this.#heard(this.transport.run(call, options.signal));
    this.#heartbeats.postpone();
    return this.#holding.reported(measured, answer);
  }

  /** End the trial with this result, or with its latest measurement when there are no metrics. */
  async complete(metrics: Metrics = {}, options: ReportOptions = {}): Promise<TrialState> {
    const hasMetrics = Object.keys(metrics).length > 0;
    const request = create(CompleteTrialRequestSchema, {
      ...this.#right(),
      finalMeasurement: hasMetrics ? this.#holding.measurement(metrics, options) : undefined,
      checkpoint: checkpointOf(options.checkpoint),
      provenance: options.provenance,
    });
    return this.#end("CompleteTrial", CompleteTrialRequestSchema, CompleteTrialResponseSchema, request);
  }

  /** The attempt died; it is tried again, unless that is permanent or happened too often. */
  fail(reason: string, { permanent = false } = {}): Promise<TrialState> {
    return this.#fail(reason, FailureKind.CRASHED, permanent);
  }

  /** The configuration itself is bad: it cannot be built, diverges, does not fit. The search learns from it. */
  infeasible(reason: string): Promise<TrialState> {
    return this.#fail(reason, FailureKind.INFEASIBLE, false);
  }

  /** Hand the trial back, to be resumed by whoever asks next; from *checkpoint*, if it is newer. */
  release(checkpoint?: string, reason = ""): Promise<TrialState> {
    return this.#release(checkpoint, reason);
  }

  /**
   * Hold the trial while *body* runs: heartbeats keep its lease. How the body ends says how it went:
   *
   * - told to pause or stop, or completed, failed, released by hand: nothing more is said;
   * - normally, before that: it is completed with its latest measurement; without any report, the attempt has failed;
   * - by `Preempted` or an AbortError: it is handed back, to be resumed by whoever asks next;
   * - by `LeaseLost` of this trial: another worker has it now. The error ends here, so that the loop around goes on;
   * - by another error: the attempt has failed, with the stack as its reason, and the error goes on.
   */
  async run(body: (trial: this) => Promise<void> | void): Promise<void> {
    this.hold();
    try {
      await body(this);
    } catch (error) {
      await this.leave(error);
      if (!this.#holding.isOwnLoss(error)) {
        throw error;
      }
      return;
    }
    await this.leave();
  }

  /** Begin the heartbeats. `run` does it by itself; who calls `hold` calls `leave`. */
  hold(): void {
    this.#heartbeats.start();
  }

  /** End the heartbeats and say how it went, as `run` does; *error* is what the body threw, if it did. */
  async leave(error?: unknown): Promise<void> {
    try {
      await this.#sayFarewell(error);
    } catch (unsaid) {
      if (!(unsaid instanceof LeaseLost) && error === undefined) {
        throw unsaid; // otherwise the body's error is the one to be told
      }
    } finally {
      this.#heartbeats.stop();
    }
  }

  async #sayFarewell(error: unknown): Promise<void> {
    const farewell = this.#holding.farewell(error);
    const patience = partingPatienceMs(error);
    switch (farewell.say) {
      case "release":
        await this.#release(undefined, farewell.reason, patience);
        return;
      case "fail":
        await this.#fail(farewell.reason, FailureKind.CRASHED, false, patience);
        return;
      case "complete":
        await this.complete();
    }
  }

  #fail(reason: string, kind: FailureKind, permanent: boolean, allowedMs?: number): Promise<TrialState> {
    const request = create(FailTrialRequestSchema, { ...this.#right(), kind, message: tail(reason), permanent });
    return this.#end("FailTrial", FailTrialRequestSchema, FailTrialResponseSchema, request, allowedMs);
  }

  #release(checkpoint: string | undefined, reason: string, allowedMs?: number): Promise<TrialState> {
    const said = { checkpoint: checkpointOf(checkpoint), message: tail(reason) };
    const request = create(ReleaseTrialRequestSchema, { ...this.#right(), ...said });
    return this.#end("ReleaseTrial", ReleaseTrialRequestSchema, ReleaseTrialResponseSchema, request, allowedMs);
  }

  /** What every act on the trial carries: its name, the right to it, and an id of the act. */
  #right(): { name: string; leaseToken: string; requestId: string } {
    const leaseToken = this.#holding.message.lease?.token ?? "";
    return { name: this.name, leaseToken, requestId: this.transport.surroundings.newId() };
  }

  async #end<I extends DescMessage, O extends DescMessage>(
    method: string,
    input: I,
    output: O,
    request: MessageShape<I>,
    allowedMs?: number,
  ): Promise<TrialState> {
    const call = { method: `TrialService/${method}`, input, output, request, isPatient: true, allowedMs };
    const answer = (await this.#heard(this.transport.run(call))) as { trial?: TrialMessage };
    this.#holding.isOver = true;
    this.#heartbeats.stop();
    return trialState(answer.trial?.state ?? 0);
  }

  async #heard<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof AssayError) {
        this.#holding.refused(error);
      }
      throw error;
    }
  }
}

function checkpointOf(uri: string | undefined): Checkpoint | undefined {
  return uri === undefined ? undefined : create(CheckpointSchema, { uri });
}
