package dev.assay;

import dev.assay.v1.Target;
import java.time.Duration;

/** How much a study may spend; what is not given is without limit. Immutable: each method gives a new one. */
public final class Budget {
  private final dev.assay.v1.Budget message;

  private Budget(dev.assay.v1.Budget message) {
    this.message = message;
  }

  /** Without any limit yet. */
  public static Budget unlimited() {
    return new Budget(dev.assay.v1.Budget.getDefaultInstance());
  }

  /** So many trials. */
  public static Budget ofTrials(long trials) {
    return new Budget(dev.assay.v1.Budget.newBuilder().setMaxTrials(trials).build());
  }

  /** Sum of reported cost, in the user's unit. */
  public Budget cost(double cost) {
    return new Budget(message.toBuilder().setMaxCost(cost).build());
  }

  /** Wall-clock time since creation. */
  public Budget duration(Duration duration) {
    return new Budget(message.toBuilder().setMaxDuration(Durations.toWire(duration)).build());
  }

  /** Trials that may run at the same time. */
  public Budget parallelism(int parallelism) {
    return new Budget(message.toBuilder().setParallelism(parallelism).build());
  }

  /** The study ends when one trial reaches all targets together. */
  public Budget target(String metric, double value) {
    return new Budget(message.toBuilder().addTargets(Target.newBuilder().setMetric(metric).setValue(value)).build());
  }

  dev.assay.v1.Budget toWire() {
    return message;
  }
}
