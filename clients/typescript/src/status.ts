/** What gRPC says of a failed call, as our errors. */
import { fromBinary } from "@bufbuild/protobuf";
import { anyUnpack, type Duration } from "@bufbuild/protobuf/wkt";
import { type ServiceError, status } from "@grpc/grpc-js";

import * as errors from "./errors.js";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "./gen/google/rpc/error_details_pb.js";
import { StatusSchema } from "./gen/google/rpc/status_pb.js";

const DOMAIN = "assay.dev";
const DETAILS_KEY = "grpc-status-details-bin";

type Kind = typeof errors.AssayError;

const REASONS: Readonly<Record<string, Kind>> = {
  INVALID_ARGUMENT: errors.InvalidArgument,
  REQUEST_ID_REUSED: errors.RequestIdReused,
  INVALID_PAGE_TOKEN: errors.InvalidPageToken,
  STUDY_NOT_FOUND: errors.StudyNotFound,
  TRIAL_NOT_FOUND: errors.TrialNotFound,
  STUDY_SPEC_MISMATCH: errors.StudySpecMismatch,
  STUDY_OVER: errors.StudyOver,
  STUDY_NOT_OVER: errors.StudyNotOver,
  WRONG_TRIAL_STATE: errors.WrongTrialState,
  TEST_METRICS_SEALED: errors.TestMetricsSealed,
  NOT_ENOUGH_DATA: errors.NotEnoughData,
  MODEL_FAILED: errors.ModelFailed,
  LEASE_LOST: errors.LeaseLost,
  ETAG_MISMATCH: errors.EtagMismatch,
  RESUME_TOKEN_EXPIRED: errors.ResumeTokenExpired,
  OVERLOADED: errors.Overloaded,
  UNAVAILABLE: errors.Unavailable,
  DEADLINE_EXCEEDED: errors.DeadlineExceeded,
  NOT_SERVED_YET: errors.NotServedYet,
  UNAUTHENTICATED: errors.Unauthenticated,
  PERMISSION_DENIED: errors.PermissionDenied,
  INTERNAL: errors.ServerFault,
};

/** For errors without an ErrorInfo: made by gRPC itself, or by something between us and the server. */
const CODES: Readonly<Record<string, Kind>> = {
  UNAVAILABLE: errors.Unavailable,
  DEADLINE_EXCEEDED: errors.DeadlineExceeded,
  UNAUTHENTICATED: errors.Unauthenticated,
  PERMISSION_DENIED: errors.PermissionDenied,
  INVALID_ARGUMENT: errors.InvalidArgument,
  RESOURCE_EXHAUSTED: errors.Overloaded,
};

/** The error that a failed call to *address* means. */
export function errorFrom(failed: ServiceError, address: string): errors.AssayError {
  const code = status[failed.code] ?? "UNKNOWN";
  const details = { ...detailsIn(failed), code };
  if (details.reason !== "") {
    return new (REASONS[details.reason] ?? errors.AssayError)(failed.details, details);
  }
  const kind = CODES[code] ?? errors.AssayError;
  switch (kind) {
    case errors.Unavailable:
      return new kind(`no server answers at ${address}: ${failed.details}`, details);
    case errors.DeadlineExceeded:
      return new kind(`${address} did not answer in time: ${failed.details}`, details);
    default:
      return new kind(`${address} answered ${code}: ${failed.details}`, details);
  }
}

/** A duration in milliseconds. */
export function milliseconds(duration: Duration): number {
  return Number(duration.seconds) * 1000 + duration.nanos / 1e6;
}

function detailsIn(failed: ServiceError): Omit<errors.Details, "code"> {
  let [reason, metadata, violations]: [string, Record<string, string>, errors.Violation[]] = ["", {}, []];
  let retryAfterMs: number | undefined;
  for (const detail of packedDetails(failed)) {
    const info = anyUnpack(detail, ErrorInfoSchema);
    if (info !== undefined) {
      reason = info.domain === "" || info.domain === DOMAIN ? info.reason.replace(/^ERROR_REASON_/, "") : "";
      metadata = { ...info.metadata };
    }
    const bad = anyUnpack(detail, BadRequestSchema);
    violations = bad?.fieldViolations.map(({ field, description }) => ({ field, description })) ?? violations;
    const retry = anyUnpack(detail, RetryInfoSchema);
    retryAfterMs = retry?.retryDelay === undefined ? retryAfterMs : milliseconds(retry.retryDelay);
  }
  return { reason, metadata, violations, retryAfterMs };
}

function packedDetails(failed: ServiceError) {
  const [packed] = failed.metadata?.get(DETAILS_KEY) ?? [];
  if (!(packed instanceof Uint8Array)) {
    return [];
  }
  try {
    return fromBinary(StatusSchema, packed).details;
  } catch {
    return []; // not a status: the code has to be enough
  }
}
