/** Whether a failed call is tried again, and when: rules without a clock or a socket of their own. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { AssayError, DeadlineExceeded, Overloaded, Unavailable } from "./errors.js";

const FIRST_DELAY_MS = 100;
/** A server that came back is found again within this. */
const LONGEST_DELAY_MS = 2_000;
const SHORTEST_TRY_MS = 50;

/** Time, chance and ids, from outside. */
export interface Surroundings {
  /** Milliseconds; only differences mean anything. */
  now(): number;
  /** Rejects with the signal's reason when that is aborted meanwhile. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** In [0, 1). */
  chance(): number;
  newId(): string;
}

/** The real ones. */
export const REAL: Surroundings = {
  now: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await sleep(ms, undefined, { signal });
    } catch {
      signal?.throwIfAborted();
    }
  },
  chance: () => Math.random(),
  newId: () => randomUUID().replaceAll("-", ""),
};

/** How long a client waits, in milliseconds. */
export interface Limits {
  /** For one try, and for all tries of a call that no worker depends on. */
  readonly timeoutMs: number;
  /** For the first answer of all. */
  readonly connectTimeoutMs: number;
  /** For all tries of a call that a worker depends on. */
  readonly patienceMs: number;
}

/** The tries of one call. */
export class Effort {
  readonly #giveUpAt: number;
  #failures = 0;
  #absence: Unavailable | undefined;

  constructor(
    private readonly limits: Limits,
    private readonly surroundings: Pick<Surroundings, "now" | "chance">,
    private readonly who: { readonly address: string; readonly hasMet: boolean },
    allowedMs: number,
    private readonly tryMs: number,
  ) {
    this.#giveUpAt = surroundings.now() + (who.hasMet ? allowedMs : Math.min(allowedMs, limits.connectTimeoutMs));
  }

  /** How long the next try may take. */
  timeoutMs(): number {
    return Math.max(SHORTEST_TRY_MS, Math.min(this.tryMs, this.#giveUpAt - this.surroundings.now()));
  }

  /** How long to wait before the next try; throws what the caller is told, when it was the last one. */
  delayMs(error: AssayError): number {
    this.#failures += 1;
    if (error instanceof Unavailable) {
      this.#absence = error;
    }
    if (!isRepeatable(error)) {
      throw error;
    }
    const backoff = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(this.#failures - 1, 10));
    // Full jitter above half: workers that lost the same server do not come back at the same moment.
    const delay = Math.max(error.retryAfterMs ?? 0, backoff * (0.5 + 0.5 * this.surroundings.chance()));
    if (this.surroundings.now() + delay >= this.#giveUpAt) {
      throw this.#verdict(error);
    }
    return delay;
  }

  #verdict(error: AssayError): AssayError {
    if (!(error instanceof DeadlineExceeded) || error.reason !== "") {
      return error;
    }
    if (this.#absence !== undefined) {
      return this.#absence; // says more than that time ran out: who refused, and why
    }
    if (this.who.hasMet) {
      return error;
    }
    const within = `within ${this.limits.connectTimeoutMs / 1000} s`;
    return new Unavailable(`no server answers at ${this.who.address} ${within}`, { code: "UNAVAILABLE" });
  }
}

/** Only what is safe to repeat gets here: reads, and acts under one request id. ABORTED is never repeated. */
function isRepeatable(error: AssayError): boolean {
  if (error instanceof Overloaded) {
    return error.retryAfterMs !== undefined; // a quota that no waiting brings back is not
  }
  return error instanceof Unavailable || error instanceof DeadlineExceeded;
}
