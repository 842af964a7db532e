/**
 * What the TypeScript client costs: `cycle.js ADDRESS STUDY ROUNDS` times ask, report, complete over it and over bare
 * calls of gRPC, in turns, and prints {"client_ms": [...], "bare_ms": [...]}.
 */
import { randomUUID } from "node:crypto";

import { create, type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import * as grpc from "@grpc/grpc-js";

import { Client, type Study } from "../src/index.js";
import {
  CompleteTrialRequestSchema,
  CompleteTrialResponseSchema,
  ReportMeasurementsRequestSchema,
  ReportMeasurementsResponseSchema,
  SuggestTrialsRequestSchema,
  SuggestTrialsResponseSchema,
} from "../src/v1.js";

const METRICS = { loss: 0.5, speed: 1, size: 2 };
const [address = "", name = "", rounds = "0"] = process.argv.slice(2);
const bare = new grpc.Client(address, grpc.credentials.createInsecure());

async function clientCycle(study: Study): Promise<void> {
  const [trial] = await study.ask("client");
  await trial?.report(METRICS, { step: 1 });
  await trial?.complete();
}

async function bareCycle(study: string): Promise<void> {
  const asked = { parent: study, worker: "bare", count: 1, requestId: randomUUID() };
  const ask = create(SuggestTrialsRequestSchema, asked);
  const found = await unary("SuggestTrials", SuggestTrialsRequestSchema, SuggestTrialsResponseSchema, ask);
  const trial = found.trials[0];
  const right = { name: trial?.name ?? "", leaseToken: trial?.lease?.token ?? "" };
  const metrics = Object.fromEntries(Object.entries(METRICS).map(([metric, value]) => [metric, { value }]));
  const said = { ...right, measurements: [{ step: 1n, metrics }], requestId: randomUUID() };
  const report = create(ReportMeasurementsRequestSchema, said);
  const [input, output] = [ReportMeasurementsRequestSchema, ReportMeasurementsResponseSchema];
  await unary("ReportMeasurements", input, output, report);
  const done = create(CompleteTrialRequestSchema, { ...right, requestId: randomUUID() });
  await unary("CompleteTrial", CompleteTrialRequestSchema, CompleteTrialResponseSchema, done);
}

function unary<I extends DescMessage, O extends DescMessage>(
  method: string,
  input: I,
  output: O,
  request: MessageShape<I>,
): Promise<MessageShape<O>> {
  return new Promise((resolve, reject) => {
    bare.makeUnaryRequest(
      `/assay.v1.TrialService/${method}`,
      (message: MessageShape<I>) => Buffer.from(toBinary(input, message)),
      (bytes) => fromBinary(output, bytes),
      request,
      { deadline: Date.now() + 30_000 },
      (failed, answer) => (failed === null && answer !== undefined ? resolve(answer) : reject(failed)),
    );
  });
}

const client = new Client(address);
const study = await client.getStudy(name);
const found: Record<string, number[]> = { client_ms: [], bare_ms: [] };
for (let round = 0; round < Number(rounds); round += 1) {
  for (const [kind, cycle] of [
    ["client_ms", () => clientCycle(study)],
    ["bare_ms", () => bareCycle(study.name)],
  ] as const) {
    const began = performance.now();
    await cycle();
    found[kind]?.push(performance.now() - began);
  }
}
console.log(JSON.stringify(found));
process.exit(0);
