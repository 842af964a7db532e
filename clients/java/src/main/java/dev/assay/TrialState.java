package dev.assay;

/** Where a trial is in its life. */
public enum TrialState {
  /** Waiting to be run or resumed. */
  QUEUED,
  /** A worker holds it. */
  RUNNING,
  /** At a budget boundary without a worker. */
  PAUSED,
  /** Evaluated. */
  SUCCEEDED,
  /** Ended early by a decision. */
  STOPPED,
  /** Died too often. */
  FAILED,
  /** The configuration itself is bad. */
  INFEASIBLE,
  /** One of a newer server. */
  UNKNOWN;

  /** Whether nothing can change it any more. */
  public boolean isTerminal() {
    return this == SUCCEEDED || this == STOPPED || this == FAILED || this == INFEASIBLE;
  }

  static TrialState fromWire(dev.assay.v1.TrialState state) {
    return switch (state) {
      case TRIAL_STATE_QUEUED -> QUEUED;
      case TRIAL_STATE_RUNNING -> RUNNING;
      case TRIAL_STATE_PAUSED -> PAUSED;
      case TRIAL_STATE_SUCCEEDED -> SUCCEEDED;
      case TRIAL_STATE_STOPPED -> STOPPED;
      case TRIAL_STATE_FAILED -> FAILED;
      case TRIAL_STATE_INFEASIBLE -> INFEASIBLE;
      case TRIAL_STATE_UNSPECIFIED, UNRECOGNIZED -> UNKNOWN;
    };
  }
}
