/** A study, from the client's side: ask, and read. */
import { hostname } from "node:os";

import { create } from "@bufbuild/protobuf";

import { invalid } from "./errors.js";
import { GetFrontRequestSchema, GetFrontResponseSchema } from "./gen/assay/v1/analysis_service_pb.js";
import {
  StudyEndReason,
  type Study as StudyMessage,
  type StudySpec,
  StudyState as StudyStates,
} from "./gen/assay/v1/study_pb.js";
import { TrialSchema, TrialView } from "./gen/assay/v1/trial_pb.js";
import {
  GetTrialRequestSchema,
  ListTrialsRequestSchema,
  ListTrialsResponseSchema,
  SuggestTrialsRequestSchema,
  type SuggestTrialsResponse,
  SuggestTrialsResponseSchema,
} from "./gen/assay/v1/trial_service_pb.js";
import { recordFrom, shortName, type StudyState, type TrialRecord } from "./records.js";
import { milliseconds } from "./status.js";
import type { Transport } from "./transport.js";
import { Trial } from "./trial.js";

/** Deadline of one ask: the server waits for a trial until shortly before it. */
const LONGEST_WAIT_MS = 25_000;
const SHORTEST_PAUSE_MS = 50;
/** Deadline of an ask that shall not wait: it has to get there and back. */
const SHORTEST_WAIT_MS = 500;
/** Between two asks, when the server does not say. */
const USUAL_PAUSE_MS = 1_000;
const PAGE_SIZE = 200;

/** How the loop ends, beside the end of the study. */
export interface TrialsOptions {
  /** Ends the iteration, also while it waits; the loop then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** How to ask. */
export interface AskOptions extends TrialsOptions {
  /** How many trials; 1 when undefined. */
  readonly count?: number;
  /** After which the answer is an empty list; waits for as long as it takes when undefined. */
  readonly timeoutMs?: number;
}

/** A study on the server. What it shows of itself is as old as the last call. */
export class Study {
  #state: StudyStates;
  #endReason: StudyEndReason;

  /** @internal */
  constructor(
    private readonly transport: Transport,
    /** Everything that was read. */
    readonly message: StudyMessage,
  ) {
    this.#state = message.state;
    this.#endReason = message.endReason;
  }

  /** projects/{project}/studies/{study}. */
  get name(): string {
    return this.message.name;
  }

  /** Whether it hands out trials. */
  get state(): StudyState {
    return shortName(StudyStates, this.#state) as StudyState;
  }

  /** Why it is over: MAX_TRIALS, STOPPED_BY_USER, …; empty while it is active. */
  get endReason(): string {
    return shortName(StudyEndReason, this.#endReason);
  }

  /** Whether nothing is handed out any more. */
  get isOver(): boolean {
    return this.state === "STOPPED" || this.state === "COMPLETED";
  }

  /** The seed in force. */
  get seed(): bigint {
    return this.message.resolvedSeed;
  }

  /** What its creator asked for. */
  get spec(): StudySpec | undefined {
    return this.message.spec;
  }

  /**
   * Ask for one trial after the other, until the study is over.
   *
   * A worker that asks again under its name gets what it already holds: leave each trial before the next one, best by
   * `trial.run`. The name is unique among the living; one is drawn when it is undefined. Under the same name as
   * before, a worker that was restarted gets its trial back at once.
   */
  async *trials(worker?: string, { signal }: TrialsOptions = {}): AsyncGenerator<Trial, void, undefined> {
    const name = worker ?? `${hostname()}-${process.pid}-${this.transport.surroundings.newId().slice(0, 6)}`;
    for (;;) {
      const found = await this.ask(name, signal === undefined ? {} : { signal });
      if (found.length === 0) {
        return;
      }
      yield* found;
    }
  }

  /**
   * Ask for up to `count` trials, and wait for them.
   *
   * Resolves to an empty list when the study is over (then `isOver` says so) or after `timeoutMs`. Outside
   * `trial.run` there are no heartbeats: report more often than the lease lasts.
   */
  async ask(worker: string, { count = 1, timeoutMs, signal }: AskOptions = {}): Promise<Trial[]> {
    const { now, sleep } = this.transport.surroundings;
    if (!Number.isInteger(count) || Math.abs(count) > 2 ** 30) {
      throw invalid({ field: "count", description: `${count} is not a number of trials` });
    }
    const giveUpAt = timeoutMs === undefined ? Number.POSITIVE_INFINITY : now() + timeoutMs;
    for (;;) {
      const waitMs = Math.max(SHORTEST_WAIT_MS, Math.min(LONGEST_WAIT_MS, giveUpAt - now()));
      const answer = await this.#suggest(worker, count, waitMs, signal);
      if (answer.trials.length > 0 || this.#ended(answer.endReason) || now() >= giveUpAt) {
        return answer.trials.map((trial) => new Trial(trial, this.transport));
      }
      await sleep(Math.max(0, Math.min(pauseMs(answer), giveUpAt - now())), signal);
    }
  }

  /** The feasible trials at full fidelity that no other one beats. */
  async front(): Promise<TrialRecord[]> {
    const request = create(GetFrontRequestSchema, { name: this.name });
    const [input, output] = [GetFrontRequestSchema, GetFrontResponseSchema];
    const answer = await this.transport.run({ method: "AnalysisService/GetFront", input, output, request });
    return answer.trials.map(recordFrom);
  }

  /** One trial. */
  async trial(number: number | bigint): Promise<TrialRecord> {
    const request = create(GetTrialRequestSchema, { name: `${this.name}/trials/${number}` });
    const [input, output] = [GetTrialRequestSchema, TrialSchema];
    return recordFrom(await this.transport.run({ method: "TrialService/GetTrial", input, output, request }));
  }

  /**
   * Trials by number unless ordered otherwise; pages are read as they are needed.
   *
   * @param filter comparisons joined by AND: `state = "SUCCEEDED" AND metrics.loss < 0.1`.
   * @param orderBy "number", "create_time" or "metrics.NAME", each with an optional " desc".
   */
  async *listTrials(filter = "", orderBy = ""): AsyncGenerator<TrialRecord, void, undefined> {
    const [input, output] = [ListTrialsRequestSchema, ListTrialsResponseSchema];
    let pageToken = "";
    do {
      const asked = { parent: this.name, filter, orderBy, pageSize: PAGE_SIZE, pageToken, view: TrialView.BASIC };
      const request = create(ListTrialsRequestSchema, asked);
      const page = await this.transport.run({ method: "TrialService/ListTrials", input, output, request });
      yield* page.trials.map(recordFrom);
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
  }

  #suggest(worker: string, count: number, timeoutMs: number, signal?: AbortSignal): Promise<SuggestTrialsResponse> {
    const requestId = this.transport.surroundings.newId();
    const request = create(SuggestTrialsRequestSchema, { parent: this.name, worker, count, requestId });
    const [input, output] = [SuggestTrialsRequestSchema, SuggestTrialsResponseSchema];
    const call = { method: "TrialService/SuggestTrials", input, output, request, isPatient: true, timeoutMs };
    return this.transport.run(call, signal);
  }

  /** Take in why it is over, and say whether it is. */
  #ended(reason: StudyEndReason): boolean {
    if (reason === StudyEndReason.UNSPECIFIED) {
      return false;
    }
    this.#endReason = reason;
    this.#state = reason === StudyEndReason.STOPPED_BY_USER ? StudyStates.STOPPED : StudyStates.COMPLETED;
    return true;
  }
}

function pauseMs(answer: SuggestTrialsResponse): number {
  const told = answer.retryDelay === undefined ? USUAL_PAUSE_MS : milliseconds(answer.retryDelay);
  return Math.max(SHORTEST_PAUSE_MS, told);
}
