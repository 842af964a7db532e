/** Everything that can go wrong, as one tree under {@link AssayError}. */

/** One wrong field of a request. */
export interface Violation {
  /** Path from the request's root, or the name of an argument. */
  readonly field: string;
  /** What is wrong, with the value. */
  readonly description: string;
}

/** What an error tells machines. */
export interface Details {
  /** Name of the gRPC status code. */
  readonly code: string;
  /** Name in the contract's ErrorReason; empty when the other side gave none. */
  readonly reason: string;
  /** Facts about the error, by name. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Every wrong field. */
  readonly violations: readonly Violation[];
  /** When the server asks to try again; undefined when it does not. */
  readonly retryAfterMs: number | undefined;
}

const NO_DETAILS: Details = { code: "UNKNOWN", reason: "", metadata: {}, violations: [], retryAfterMs: undefined };

/** Root of the tree; itself for a reason that this version does not know. */
export class AssayError extends Error {
  readonly code: string;
  readonly reason: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly violations: readonly Violation[];
  readonly retryAfterMs: number | undefined;

  constructor(message: string, details: Partial<Details> = {}) {
    super(message);
    this.name = new.target.name;
    const all = { ...NO_DETAILS, ...details };
    this.code = all.code;
    this.reason = all.reason;
    this.metadata = all.metadata;
    this.violations = all.violations;
    this.retryAfterMs = all.retryAfterMs;
  }
}

/** At least one field is wrong; nothing was changed. See `violations`. */
export class InvalidArgument extends AssayError {}
/** A request id was used before, with another payload. */
export class RequestIdReused extends InvalidArgument {}
/** A page token that this query did not give out. */
export class InvalidPageToken extends InvalidArgument {}
/** No such study. */
export class StudyNotFound extends AssayError {}
/** No such trial. */
export class TrialNotFound extends AssayError {}
/** A study of this name exists with another specification; `metadata.differing` names the fields. */
export class StudySpecMismatch extends AssayError {}
/** The study was stopped or is completed. */
export class StudyOver extends AssayError {}
/** The call needs a study that is over. */
export class StudyNotOver extends AssayError {}
/** The trial's state does not allow this. */
export class WrongTrialState extends AssayError {}
/** Test metrics are written once. */
export class TestMetricsSealed extends AssayError {}
/** The question needs results that are not there yet. */
export class NotEnoughData extends AssayError {}
/** No model could be fitted to the results: it failed, took too long or too much memory. */
export class ModelFailed extends AssayError {}
/** Another worker holds the trial now, or this lease was given up; nothing was changed. */
export class LeaseLost extends AssayError {}
/** The study was changed since it was read. */
export class EtagMismatch extends AssayError {}
/** The watch cannot be resumed from there. */
export class ResumeTokenExpired extends AssayError {}
/** Too many calls in flight, or a quota is used up. */
export class Overloaded extends AssayError {}
/** No server answers at the address, or it is starting or stopping. */
export class Unavailable extends AssayError {}
/** The server did not answer in time; whether the call had an effect is not known. */
export class DeadlineExceeded extends AssayError {}
/** Part of the contract, but not served by this server's version. */
export class NotServedYet extends AssayError {}
/** No valid credentials. */
export class Unauthenticated extends AssayError {}
/** The credentials do not allow this. */
export class PermissionDenied extends AssayError {}
/** A defect of the server, logged there. */
export class ServerFault extends AssayError {}

/**
 * Throw it inside `trial.run` when this worker has to leave: the trial is handed back, to be resumed elsewhere.
 * It does not count as a death, and it goes on, so that the loop around ends too.
 */
export class Preempted extends Error {}

/** The error of arguments that were found wrong before anything was sent. */
export function invalid(...violations: Violation[]): InvalidArgument {
  const message = violations.map(({ field, description }) => `${field}: ${description}`).join("; ");
  return new InvalidArgument(message, { code: "INVALID_ARGUMENT", reason: "INVALID_ARGUMENT", violations });
}
