/** The contract, as messages: for what the client has no words of its own. */
export * from "./gen/assay/v1/analysis_service_pb.js";
export * from "./gen/assay/v1/errors_pb.js";
export * from "./gen/assay/v1/space_pb.js";
export * from "./gen/assay/v1/study_pb.js";
export * from "./gen/assay/v1/study_service_pb.js";
export * from "./gen/assay/v1/trial_pb.js";
export * from "./gen/assay/v1/trial_service_pb.js";
