package dev.assay;

import dev.assay.v1.DirectiveReason;
import java.util.OptionalLong;

/**
 * The answer to a report.
 *
 * @param action what to do
 * @param untilStep train until this step is reported; empty without a fidelity
 * @param reason PROMOTED, RUNG_REACHED, COMPLETED, PRUNED, STUDY_OVER, STOPPED_BY_USER, or empty
 */
public record Directive(Action action, OptionalLong untilStep, String reason) {
  /** What a worker shall do now. */
  public enum Action {
    /** Go on. */
    CONTINUE,
    /** Leave the trial; its checkpoint is kept. */
    PAUSE,
    /** Leave the trial for good. */
    STOP
  }

  /** Whether the worker shall leave the trial. */
  public boolean leaves() {
    return action != Action.CONTINUE;
  }

  /** A newer server's unknown wish is to leave, since that loses nothing. */
  static Directive fromWire(dev.assay.v1.Directive message) {
    Action action =
        switch (message.getAction()) {
          case DIRECTIVE_ACTION_CONTINUE -> Action.CONTINUE;
          case DIRECTIVE_ACTION_PAUSE -> Action.PAUSE;
          default -> Action.STOP;
        };
    boolean isTold = message.getReason() != DirectiveReason.UNRECOGNIZED;
    String reason = isTold ? Names.shortened(message.getReason().name(), "DIRECTIVE_REASON_") : "";
    return new Directive(
        action, message.hasUntilStep() ? OptionalLong.of(message.getUntilStep()) : OptionalLong.empty(), reason);
  }
}
