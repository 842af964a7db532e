import assert from "node:assert/strict";
import { test } from "node:test";

import { Metadata, type ServiceError, status } from "@grpc/grpc-js";

import { AssayError, DeadlineExceeded, LeaseLost, Overloaded, ServerFault, Unavailable } from "../src/index.js";
import { Effort } from "../src/retry.js";
import { errorFrom } from "../src/status.js";

const LIMITS = { timeoutMs: 30_000, connectTimeoutMs: 10_000, patienceMs: 600_000 };

function effort(hasMet: boolean): { now: number; effort: Effort } {
  const clock = { now: 0 };
  const surroundings = { now: () => clock.now, chance: () => 1 };
  const made = new Effort(LIMITS, surroundings, { address: "here:7077", hasMet }, LIMITS.patienceMs, 30_000);
  return Object.assign(clock, { effort: made });
}

function failed(code: status, details: string): ServiceError {
  return Object.assign(new Error(details), { code, details, metadata: new Metadata() });
}

test("pauses double up to two seconds", () => {
  const { effort: tries } = effort(true);
  const pauses = Array.from({ length: 7 }, () => tries.delayMs(new Unavailable("away")));
  assert.deepEqual(pauses, [100, 200, 400, 800, 1600, 2000, 2000]);
});

test("what is not safe to repeat or cannot succeed is told at once", () => {
  for (const error of [new LeaseLost("lost"), new ServerFault("defect"), new Overloaded("quota")]) {
    assert.throws(() => effort(true).effort.delayMs(error), (told) => told === error);
  }
});

test("an overload is waited out for as long as the server asks", () => {
  assert.equal(effort(true).effort.delayMs(new Overloaded("busy", { retryAfterMs: 3000 })), 3000);
});

test("a server that never answered is given up after the connect timeout, by its address", () => {
  const clock = effort(false);
  clock.now = 10_000;
  assert.throws(() => clock.effort.delayMs(new DeadlineExceeded("late")), {
    name: "Unavailable",
    code: "UNAVAILABLE",
    message: "no server answers at here:7077 within 10 s",
  });
});

test("who refused says more than that time ran out", () => {
  const clock = effort(true);
  const absence = new Unavailable("connection refused");
  clock.effort.delayMs(absence);
  clock.now = 600_000;
  assert.throws(() => clock.effort.delayMs(new DeadlineExceeded("late")), (told) => told === absence);
});

test("a try never takes longer than what is left", () => {
  const clock = effort(false);
  clock.now = 9_000;
  assert.equal(clock.effort.timeoutMs(), 1_000);
  clock.now = 99_000;
  assert.equal(clock.effort.timeoutMs(), 50);
});

test("an error without details is told apart by its code, and says where the call went", () => {
  const absent = errorFrom(failed(status.UNAVAILABLE, "connection refused"), "here:7077");
  assert.ok(absent instanceof Unavailable);
  assert.equal(absent.message, "no server answers at here:7077: connection refused");
  assert.equal(errorFrom(failed(status.DATA_LOSS, "odd"), "here:7077").constructor, AssayError);
});

test("details that are no status do not hide the error", () => {
  const garbled = failed(status.ABORTED, "lost");
  garbled.metadata.set("grpc-status-details-bin", Buffer.from([0xff]));
  assert.equal(errorFrom(garbled, "here:7077").code, "ABORTED");
});
