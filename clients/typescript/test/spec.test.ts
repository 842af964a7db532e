import assert from "node:assert/strict";
import { test } from "node:test";

import { fromJson, toJson } from "@bufbuild/protobuf";

import {
  atLeast,
  atMost,
  boolean,
  choice,
  Client,
  derived,
  double,
  fixed,
  integer,
  InvalidArgument,
  maximize,
  minimize,
  studySpec,
  sumAtMost,
} from "../src/index.js";
import { StudySpecSchema } from "../src/v1.js";

test("the builders say what the contract's JSON says", () => {
  const built = studySpec({
    space: {
      lr: double(1e-4, 0.1, { log: true, default: 0.01 }),
      depth: integer(1, 6, { step: 1, when: { opt: ["sgd", "adam"] } }),
      opt: choice(["sgd", "adam"], { ordered: true }),
      batch: choice([32n, 64n], { default: 64n }),
      bias: boolean({ default: true }),
      classes: fixed(10n),
      width: derived({ depth: 16 }, { constant: 2, integer: true }),
    },
    objectives: [minimize("loss", { threshold: 0 }), maximize("speed")],
    constraints: [atMost("params", 5), atLeast("loss", 0, { softWeight: 0.5 }), sumAtMost({ lr: 1, depth: 2 }, 3)],
    fidelity: { name: "epoch", min: 1, max: 27, eta: 3 },
    budget: { trials: 20, parallelism: 2, targets: { loss: 0.1 } },
    seed: 0,
    baseline: false,
  });
  const wanted = fromJson(StudySpecSchema, {
    space: {
      parameters: [
        { name: "lr", double: { min: 0.0001, max: 0.1, scale: "SCALE_LOG", defaultValue: 0.01 } },
        {
          name: "depth",
          integer: { min: 1, max: 6, step: 1 },
          conditions: [{ parameter: "opt", values: [{ stringValue: "sgd" }, { stringValue: "adam" }] }],
        },
        { name: "opt", categorical: { values: [{ stringValue: "sgd" }, { stringValue: "adam" }], ordered: true } },
        {
          name: "batch",
          categorical: { values: [{ integerValue: 32 }, { integerValue: 64 }], defaultValue: { integerValue: 64 } },
        },
        { name: "bias", boolean: { defaultValue: true } },
        { name: "classes", fixed: { value: { integerValue: 10 } } },
        { name: "width", derived: { terms: [{ name: "depth", weight: 16 }], constant: 2, integer: true } },
      ],
      constraints: [
        {
          terms: [
            { name: "depth", weight: 2 },
            { name: "lr", weight: 1 },
          ],
          comparison: "COMPARISON_LESS_EQUAL",
          bound: 3,
        },
      ],
    },
    objectives: [
      { metric: "loss", goal: "GOAL_MINIMIZE", threshold: 0 },
      { metric: "speed", goal: "GOAL_MAXIMIZE" },
    ],
    constraints: [
      { metric: "params", comparison: "COMPARISON_LESS_EQUAL", bound: 5 },
      { metric: "loss", comparison: "COMPARISON_GREATER_EQUAL", bound: 0, softWeight: 0.5 },
    ],
    trackedMetrics: ["params"],
    fidelity: { name: "epoch", min: 1, max: 27, eta: 3 },
    budget: { maxTrials: 20, parallelism: 2, targets: [{ metric: "loss", value: 0.1 }] },
    seed: 0,
    noDefaultBaseline: true,
  });
  assert.deepEqual(toJson(StudySpecSchema, built), toJson(StudySpecSchema, wanted));
});

test("what the types forbid is refused all the same", () => {
  assert.throws(() => integer(0.5, 5), InvalidArgument);
  assert.throws(() => fixed(null as unknown as string), InvalidArgument);
  assert.throws(() => new Client("http://here:7077"), /host:port/);
});
