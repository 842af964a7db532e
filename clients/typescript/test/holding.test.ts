import assert from "node:assert/strict";
import { test } from "node:test";

import { create, type MessageInitShape } from "@bufbuild/protobuf";

import { Holding, tail } from "../src/holding.js";
import { InvalidArgument, LeaseLost, Preempted } from "../src/index.js";
import {
  DirectiveAction,
  HeartbeatResponseSchema,
  LeaseSchema,
  MeasurementSchema,
  ReportMeasurementsResponseSchema,
  TrialSchema,
  TrialState,
} from "../src/v1.js";

function holding(more: MessageInitShape<typeof TrialSchema> = {}): Holding {
  const lease = create(LeaseSchema, { token: "token" });
  return new Holding(create(TrialSchema, { name: "t", lease, untilStep: 3n, ...more }), () => 0);
}

function reported(held: Holding, action: number, untilStep?: bigint): Holding {
  const answer = { state: TrialState.RUNNING, directive: { action, untilStep } };
  held.reported(create(MeasurementSchema, { step: 1n }), create(ReportMeasurementsResponseSchema, answer));
  return held;
}

function steps(held: Holding): bigint[] {
  const found: bigint[] = [];
  for (let step = held.advance(); step !== undefined; step = held.advance()) {
    found.push(step);
  }
  return found;
}

test("steps go from after the checkpoint to the budget", () => {
  assert.deepEqual(steps(holding()), [1n, 2n, 3n]);
  assert.deepEqual(steps(holding({ checkpoint: { uri: "c", step: 1n } })), [2n, 3n]);
});

test("resumed at the very end of its budget, a trial is evaluated once more", () => {
  assert.deepEqual(steps(holding({ checkpoint: { uri: "c", step: 3n } })), [3n]);
});

test("without a checkpoint, what was reported before does not count", () => {
  assert.equal(holding({ lastStep: 2n }).startStep, 0n);
});

test("PAUSE and STOP end the steps, and so does an action of a later version", () => {
  for (const action of [DirectiveAction.PAUSE, DirectiveAction.STOP, 99]) {
    assert.deepEqual(steps(reported(holding(), action)), []);
  }
});

test("a promotion raises the budget", () => {
  const held = holding();
  steps(held);
  assert.deepEqual(steps(reported(held, DirectiveAction.CONTINUE, 5n)), [4n, 5n]);
});

test("how the body ended decides what is said", () => {
  const good = reported(holding(), DirectiveAction.CONTINUE, 3n);
  assert.equal(holding().farewell(undefined).say, "fail");
  assert.equal(good.farewell(undefined).say, "complete");
  assert.equal(good.farewell(new Error("boom")).say, "fail");
  assert.equal(good.farewell("thrown text").say, "fail");
  assert.equal(good.farewell(new Preempted("SIGTERM")).say, "release");
  assert.equal(good.farewell(new DOMException("aborted", "AbortError")).say, "release");
  good.refused(new LeaseLost("lost", { reason: "LEASE_LOST" }));
  assert.equal(good.farewell(undefined).say, "nothing");
  assert.ok(good.shouldStop);
});

test("a heartbeat's STOP is obeyed, and a lease that is still good is handed back", () => {
  const held = holding();
  held.heard(create(HeartbeatResponseSchema, { directive: { action: DirectiveAction.STOP }, lease: {} }));
  assert.ok(held.shouldStop);
  assert.equal(held.farewell(undefined).say, "release");
});

test("what is not a number is refused by name", () => {
  const metrics = { loss: "0.5" } as unknown as Record<string, number>;
  assert.throws(() => holding().measurement(metrics, {}), InvalidArgument);
  assert.throws(() => holding().measurement({}, {}), /metrics/);
  assert.throws(() => holding().measurement({ loss: 1 }, { sem: { other: 1 } }), /other/);
  assert.throws(() => holding().measurement({ loss: 1 }, { step: 1.5 }), /step/);
});

test("the end of a long text is kept, and it is always UTF-8", () => {
  const text = tail(`${"x".repeat(20_000)}\ud800!`);
  assert.equal(text.length, 16_384);
  assert.ok(text.endsWith("\ufffd!"));
});
