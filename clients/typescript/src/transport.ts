/** Running calls over a channel: the retry rules decide, the caller's signal ends. */
import { readFileSync } from "node:fs";

import { type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import * as grpc from "@grpc/grpc-js";

import { type AssayError, invalid } from "./errors.js";
import { Effort, type Limits, type Surroundings } from "./retry.js";
import { errorFrom } from "./status.js";
import { VERSION } from "./version.js";

/** A rendered report has up to 4 MB. */
const LARGEST_ANSWER = 8 * 1024 * 1024;
const SERVICE_CONFIG = readFileSync(new URL("../../service_config.json", import.meta.url), "utf8");

/** One call that may be repeated: a read, or an act under a request id. */
export interface Call<I extends DescMessage, O extends DescMessage> {
  /** "TrialService/GetTrial". */
  readonly method: string;
  readonly input: I;
  readonly output: O;
  readonly request: MessageShape<I>;
  /** Whether a worker depends on it: tried again for as long as the client's patience lasts. */
  readonly isPatient?: boolean;
  /** Of one try; the client's when undefined. */
  readonly timeoutMs?: number;
  /** For all tries; chosen by the others when undefined. */
  readonly allowedMs?: number | undefined;
}

/** Which certificates to trust, and which one to show. */
export interface TLS {
  /** PEM file of the authorities; the system's when undefined. */
  readonly ca?: string;
  /** PEM file of the client's own chain, for mutual TLS. */
  readonly certificate?: string;
  /** PEM file of its key. */
  readonly key?: string;
  /** Name in the server's certificate, when it is not the address. */
  readonly serverName?: string;
}

/** A channel, and what was learnt about who is at its other end. */
export class Transport {
  readonly #client: grpc.Client;
  #hasMet = false;

  constructor(
    private readonly address: string,
    tls: TLS | undefined,
    private readonly token: string | undefined,
    private readonly limits: Limits,
    readonly surroundings: Surroundings,
  ) {
    this.#client = new grpc.Client(address, credentials(tls), {
      "grpc.service_config": SERVICE_CONFIG,
      "grpc.primary_user_agent": `assay-typescript/${VERSION}`,
      "grpc.max_receive_message_length": LARGEST_ANSWER,
      // A server that restarts is found again soon: gRPC's own 2 minutes would outlast a lease.
      "grpc.initial_reconnect_backoff_ms": 100,
      "grpc.max_reconnect_backoff_ms": 2_000,
      // A dead line is noticed within a long poll or a quiet watch.
      "grpc.keepalive_time_ms": 60_000,
      "grpc.keepalive_timeout_ms": 20_000,
      // Of its own, so that what one client learnt of an address does not bind another one.
      "grpc.use_local_subchannel_pool": 1,
      ...(tls?.serverName === undefined ? {} : { "grpc.ssl_target_name_override": tls.serverName }),
    });
  }

  /**
   * Run a call until it is answered, refused, or not worth trying any more.
   *
   * Throws an AssayError, or the signal's reason: whether the call had an effect is then not known.
   */
  async run<I extends DescMessage, O extends DescMessage>(
    call: Call<I, O>,
    signal?: AbortSignal,
  ): Promise<MessageShape<O>> {
    signal?.throwIfAborted();
    const who = { address: this.address, hasMet: this.#hasMet };
    const tryMs = call.timeoutMs ?? this.limits.timeoutMs;
    const effort = new Effort(this.limits, this.surroundings, who, this.#allowedMs(call), tryMs);
    for (;;) {
      const answer = await this.once(call, effort.timeoutMs(), signal);
      if (!(answer instanceof Error)) {
        return answer;
      }
      signal?.throwIfAborted();
      await this.surroundings.sleep(effort.delayMs(answer), signal);
    }
  }

  /** One try; what came instead of an answer is returned. */
  once<I extends DescMessage, O extends DescMessage>(
    call: Call<I, O>,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<MessageShape<O> | AssayError> {
    const metadata = new grpc.Metadata({ waitForReady: false }); // a refused connection is told at once
    if (this.token !== undefined) {
      metadata.set("authorization", `Bearer ${this.token}`);
    }
    return new Promise((resolve) => {
      const underWay = this.#client.makeUnaryRequest(
        `/assay.v1.${call.method}`,
        (request: MessageShape<I>) => Buffer.from(toBinary(call.input, request)),
        (bytes) => fromBinary(call.output, bytes),
        call.request,
        metadata,
        { deadline: Date.now() + timeoutMs },
        (failed, answer) => {
          signal?.removeEventListener("abort", cancel);
          resolve(failed === null ? this.#met(answer as MessageShape<O>) : this.#failure(failed));
        },
      );
      const cancel = () => underWay.cancel();
      signal?.addEventListener("abort", cancel, { once: true });
    });
  }

  /** End the channel, and calls that wait on it. */
  close(): void {
    this.#client.close();
  }

  #met<T>(answer: T): T {
    this.#hasMet = true;
    return answer;
  }

  #failure(failed: grpc.ServiceError): AssayError {
    const error = errorFrom(failed, this.address);
    this.#hasMet ||= error.reason !== "";
    return error;
  }

  #allowedMs(call: { isPatient?: boolean; timeoutMs?: number; allowedMs?: number | undefined }): number {
    const usual = call.isPatient ? this.limits.patienceMs : Math.max(this.limits.timeoutMs, call.timeoutMs ?? 0);
    return call.allowedMs ?? usual;
  }
}

function credentials(tls: TLS | undefined): grpc.ChannelCredentials {
  if (tls === undefined) {
    return grpc.credentials.createInsecure();
  }
  if ((tls.certificate === undefined) !== (tls.key === undefined)) {
    throw invalid({ field: "tls", description: "a certificate and its key go together" });
  }
  const [ca, key, certificate] = [tls.ca, tls.key, tls.certificate].map((path) =>
    path === undefined ? null : readFileSync(path),
  );
  return grpc.credentials.createSsl(ca, key, certificate);
}
