/** The client: a connection to a server, and the studies there. */
import { create } from "@bufbuild/protobuf";

import { invalid } from "./errors.js";
import { type Study as StudyMessage, StudySchema, type StudySpec } from "./gen/assay/v1/study_pb.js";
import { CreateStudyRequestSchema, GetStudyRequestSchema } from "./gen/assay/v1/study_service_pb.js";
import { REAL, type Surroundings } from "./retry.js";
import { type SpecOptions, studySpec } from "./spec.js";
import { Study } from "./study.js";
import { type TLS, Transport } from "./transport.js";

export type { TLS };

/** How a client speaks to its server. */
export interface ClientOptions {
  /** The tenant whose studies are meant; "default" when undefined. */
  readonly project?: string;
  /** Shown to the server as a bearer token. */
  readonly token?: string;
  /** true for the system's authorities; undefined: no TLS. */
  readonly tls?: TLS | boolean;
  /** For one try of a call, and for all tries of one that no worker depends on; 30 s. */
  readonly timeoutMs?: number;
  /** For the first call to be answered at all; 10 s. A worker that may start before its server wants more. */
  readonly connectTimeoutMs?: number;
  /** How long a server may be away in the middle of a trial; 10 minutes. */
  readonly patienceMs?: number;
  /** Clock, chance and ids, for tests. */
  readonly surroundings?: Surroundings;
}

/**
 * A connection to an Assay server; close it.
 *
 * Nothing is sent before the first call. A call is tried again while the server cannot be reached: for
 * `connectTimeoutMs` at first contact, for `patienceMs` if a worker depends on it (asking, reporting, ending a trial),
 * for `timeoutMs` otherwise. Repeating is safe: every act has an id, and has one effect.
 */
export class Client {
  readonly project: string;
  readonly #transport: Transport;

  /** @param address host:port. */
  constructor(
    readonly address: string,
    options: ClientOptions = {},
  ) {
    if (address === "" || /^https?:\/\//.test(address)) {
      throw invalid({ field: "address", description: `${JSON.stringify(address)} is not host:port` });
    }
    this.project = options.project ?? "default";
    const { timeoutMs = 30_000, connectTimeoutMs = 10_000, patienceMs = 600_000 } = options;
    const tls = typeof options.tls === "boolean" ? (options.tls ? {} : undefined) : options.tls;
    const limits = { timeoutMs, connectTimeoutMs, patienceMs };
    this.#transport = new Transport(address, tls, options.token, limits, options.surroundings ?? REAL);
  }

  /**
   * Create a study, or get the existing one of that id and an equal specification.
   *
   * Throws InvalidArgument with every violation at once; StudySpecMismatch when the id is taken by a study with
   * another specification.
   *
   * @param id 1 to 63 of a-z, 0-9 and -; drawn by the server when empty.
   * @param spec in the client's words, or a message of the contract.
   */
  async createStudy(id: string, spec: SpecOptions | StudySpec): Promise<Study> {
    const request = create(CreateStudyRequestSchema, {
      parent: `projects/${this.project}`,
      studyId: id,
      study: create(StudySchema, { spec: "$typeName" in spec ? spec : studySpec(spec) }),
      requestId: this.#transport.surroundings.newId(),
    });
    const [input, output] = [CreateStudyRequestSchema, StudySchema];
    return this.#study(await this.#transport.run({ method: "StudyService/CreateStudy", input, output, request }));
  }

  /** A study by its id, or by its full name in another project. Throws StudyNotFound. */
  async getStudy(id: string): Promise<Study> {
    const name = id.includes("/") ? id : `projects/${this.project}/studies/${id}`;
    const request = create(GetStudyRequestSchema, { name });
    const [input, output] = [GetStudyRequestSchema, StudySchema];
    return this.#study(await this.#transport.run({ method: "StudyService/GetStudy", input, output, request }));
  }

  /** End the connection. Trials in hand stay with this worker until their leases end. */
  close(): void {
    this.#transport.close();
  }

  #study(message: StudyMessage): Study {
    return new Study(this.#transport, message);
  }
}
