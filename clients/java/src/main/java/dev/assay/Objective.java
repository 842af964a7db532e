package dev.assay;

import dev.assay.v1.Goal;
import java.util.OptionalDouble;

/**
 * A metric to optimise.
 *
 * @param metric its name
 * @param maximize whether more is better
 * @param threshold results worse than this have no value; inferred from the data when empty
 */
public record Objective(String metric, boolean maximize, OptionalDouble threshold) {
  /** A metric of which less is better. */
  public static Objective minimize(String metric) {
    return new Objective(metric, false, OptionalDouble.empty());
  }

  /** A metric of which more is better. */
  public static Objective maximize(String metric) {
    return new Objective(metric, true, OptionalDouble.empty());
  }

  /** The same with a threshold. */
  public Objective threshold(double threshold) {
    return new Objective(metric, maximize, OptionalDouble.of(threshold));
  }

  dev.assay.v1.Objective toWire() {
    Goal goal = maximize ? Goal.GOAL_MAXIMIZE : Goal.GOAL_MINIMIZE;
    dev.assay.v1.Objective.Builder message = dev.assay.v1.Objective.newBuilder().setMetric(metric).setGoal(goal);
    threshold.ifPresent(message::setThreshold);
    return message.build();
  }
}
