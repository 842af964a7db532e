package dev.assay;

/** Whether a study hands out trials. */
public enum StudyState {
  /** It does. */
  ACTIVE,
  /** Stopped by a user. */
  STOPPED,
  /** Ended by its budget, a target or an exhausted space. */
  COMPLETED,
  /** One of a newer server. */
  UNKNOWN;

  static StudyState fromWire(dev.assay.v1.StudyState state) {
    return switch (state) {
      case STUDY_STATE_ACTIVE -> ACTIVE;
      case STUDY_STATE_STOPPED -> STOPPED;
      case STUDY_STATE_COMPLETED -> COMPLETED;
      case STUDY_STATE_UNSPECIFIED, UNRECOGNIZED -> UNKNOWN;
    };
  }
}
