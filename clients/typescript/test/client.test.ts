import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { create, type DescMessage, fromBinary, type MessageInitShape, type MessageShape, toBinary } from "@bufbuild/protobuf";
import * as grpc from "@grpc/grpc-js";

import { Client, LeaseLost, type Study, Unavailable } from "../src/index.js";
import { DirectiveAction, StudyEndReason, StudySchema, StudyState, TrialState } from "../src/v1.js";
import * as v1 from "../src/v1.js";

const STUDY = "projects/default/studies/digits";

/** A server of one study that answers as it is told, and remembers what it heard. */
class Peer {
  readonly heard: { method: string; requestId: string; token: string }[] = [];
  /** Status codes to answer the next calls of a method with. */
  readonly faults = new Map<string, grpc.status[]>();
  readonly #server = new grpc.Server();
  address = "";

  async start(): Promise<void> {
    this.#serve("StudyService", "GetStudy", v1.GetStudyRequestSchema, StudySchema, {
      name: STUDY,
      state: StudyState.ACTIVE,
    });
    this.#serve("TrialService", "SuggestTrials", v1.SuggestTrialsRequestSchema, v1.SuggestTrialsResponseSchema, (n) =>
      n === 1
        ? { trials: [{ name: `${STUDY}/trials/1`, number: 1n, lease: { token: "t", attempt: 1n } }] }
        : { endReason: StudyEndReason.MAX_TRIALS },
    );
    const going = { directive: { action: DirectiveAction.CONTINUE }, state: TrialState.RUNNING };
    const [input, output] = [v1.ReportMeasurementsRequestSchema, v1.ReportMeasurementsResponseSchema];
    this.#serve("TrialService", "ReportMeasurements", input, output, going);
    const ended = { trial: { state: TrialState.SUCCEEDED } };
    this.#serve("TrialService", "CompleteTrial", v1.CompleteTrialRequestSchema, v1.CompleteTrialResponseSchema, ended);
    this.#serve("TrialService", "FailTrial", v1.FailTrialRequestSchema, v1.FailTrialResponseSchema, {});
    this.#serve("TrialService", "ReleaseTrial", v1.ReleaseTrialRequestSchema, v1.ReleaseTrialResponseSchema, {});
    const bind = (resolve: (port: number) => void, reject: (error: Error) => void) =>
      this.#server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      );
    this.address = `127.0.0.1:${await new Promise<number>(bind)}`;
  }

  stop(): void {
    this.#server.forceShutdown();
  }

  of(method: string): { requestId: string; token: string }[] {
    return this.heard.filter((call) => call.method === method);
  }

  #serve<I extends DescMessage, O extends DescMessage>(
    service: string,
    method: string,
    input: I,
    output: O,
    answer: MessageInitShape<O> | ((count: number) => MessageInitShape<O>),
  ): void {
    this.#server.register(
      `/assay.v1.${service}/${method}`,
      (call: grpc.ServerUnaryCall<MessageShape<I>, MessageShape<O>>, reply: grpc.sendUnaryData<MessageShape<O>>) => {
        const { requestId = "" } = call.request as { requestId?: string };
        this.heard.push({ method, requestId, token: String(call.metadata.get("authorization")[0]) });
        const fault = this.faults.get(method)?.shift();
        if (fault !== undefined) {
          reply({ code: fault, details: "as told" });
          return;
        }
        const said = typeof answer === "function" ? answer(this.of(method).length) : answer;
        reply(null, create(output, said));
      },
      (message: MessageShape<O>) => Buffer.from(toBinary(output, message)),
      (bytes: Buffer) => fromBinary(input, bytes),
      "unary",
    );
  }
}

let peer: Peer;
let client: Client;
let study: Study;

before(async () => {
  peer = new Peer();
  await peer.start();
  client = new Client(peer.address, { token: "secret" });
  study = await client.getStudy("digits");
});

after(() => {
  client.close();
  peer.stop();
});

test("a trial is run to its end, under the token, with one id for all tries of an act", async () => {
  peer.faults.set("ReportMeasurements", [grpc.status.UNAVAILABLE, grpc.status.UNAVAILABLE]);
  for await (const trial of study.trials("gpu-0")) {
    await trial.run(async () => {
      await trial.report({ loss: 0.5 });
    });
  }
  const ids = peer.of("ReportMeasurements").map((call) => call.requestId);
  assert.equal(ids.length, 3);
  assert.equal(new Set(ids).size, 1);
  assert.equal(peer.of("CompleteTrial").length, 1);
  assert.ok(peer.heard.every((call) => call.token === "Bearer secret"));
  assert.equal(study.endReason, "MAX_TRIALS");
});

test("ABORTED is told at once", async () => {
  peer.faults.set("GetStudy", [grpc.status.ABORTED]);
  const before = peer.of("GetStudy").length;
  await assert.rejects(client.getStudy("digits"), { code: "ABORTED" });
  assert.equal(peer.of("GetStudy").length, before + 1);
});

test("a signal ends a call that waits", async () => {
  const reason = new Error("enough");
  await assert.rejects(study.ask("gpu-0", { signal: AbortSignal.abort(reason) }), reason);
});

test("a server that is not there is named", async () => {
  const lost = new Client("127.0.0.1:1", { connectTimeoutMs: 300 });
  await assert.rejects(lost.getStudy("digits"), (error) => {
    assert.ok(error instanceof Unavailable && !(error instanceof LeaseLost));
    assert.match(error.message, /127\.0\.0\.1:1/);
    return true;
  });
  lost.close();
});
