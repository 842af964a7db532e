/** Says that the worker of one trial lives, as often as the server wants to hear it. */
import { create } from "@bufbuild/protobuf";

import { HeartbeatRequestSchema, HeartbeatResponseSchema } from "./gen/assay/v1/trial_service_pb.js";
import { type Holding, isAbsence } from "./holding.js";
import type { Transport } from "./transport.js";

/** A heartbeat that did not get through is tried again within this, however long the interval. */
const SOON_MS = 2_000;

/** The heartbeats of one trial. */
export class Heartbeats {
  #timer: NodeJS.Timeout | undefined;
  #isStopped = true;

  constructor(
    private readonly holding: Holding,
    private readonly transport: Transport,
  ) {}

  /** Keep the lease alive from now on. */
  start(): void {
    this.#isStopped = false;
    this.#schedule(this.holding.heartbeatIntervalMs);
  }

  /** A report was a heartbeat too. */
  postpone(): void {
    if (!this.#isStopped) {
      this.#schedule(this.holding.heartbeatIntervalMs);
    }
  }

  /** Leave the lease alone. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    // Does not keep a program alive that has nothing else to do.
    this.#timer = setTimeout(() => void this.#beat(), delayMs).unref();
  }

  async #beat(): Promise<void> {
    const { name, lease } = this.holding.message;
    const interval = this.holding.heartbeatIntervalMs;
    const answer = await this.transport.once(
      {
        method: "TrialService/Heartbeat",
        input: HeartbeatRequestSchema,
        output: HeartbeatResponseSchema,
        request: create(HeartbeatRequestSchema, { name, leaseToken: lease?.token ?? "" }),
      },
      Math.min(10_000, Math.max(1_000, interval)),
    );
    let next = interval;
    if (!(answer instanceof Error)) {
      this.holding.heard(answer);
      next = this.holding.heartbeatIntervalMs;
    } else if (isAbsence(answer)) {
      next = Math.min(SOON_MS, interval);
    } else {
      this.holding.refused(answer);
    }
    if (!this.#isStopped && !this.holding.isOver) {
      this.#schedule(next);
    }
  }
}
