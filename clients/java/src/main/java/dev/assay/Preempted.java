package dev.assay;

/**
 * Thrown by the body of {@link ActiveTrial#run} when this worker has to leave: the trial is handed back, to be resumed elsewhere,
 * which does not count as a death. It comes out of {@code run}, so that the loop around ends too.
 */
public final class Preempted extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Without words. */
  public Preempted() {
    super("this worker has to leave");
  }

  /** With a reason, for people. */
  public Preempted(String reason) {
    super(reason);
  }
}
