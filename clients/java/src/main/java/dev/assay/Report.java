package dev.assay;

import dev.assay.AssayException.InvalidArgument;
import dev.assay.v1.MetricValue;
import dev.assay.v1.Provenance;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** What was measured. Immutable: each method gives a new one. */
public final class Report {
  final Map<String, MetricValue> metrics;
  final OptionalLong step;
  final Optional<String> checkpoint;
  final OptionalDouble cost;
  final Optional<Provenance> provenance;

  private Report(
      Map<String, MetricValue> metrics,
      OptionalLong step,
      Optional<String> checkpoint,
      OptionalDouble cost,
      Optional<Provenance> provenance) {
    this.metrics = metrics;
    this.step = step;
    this.checkpoint = checkpoint;
    this.cost = cost;
    this.provenance = provenance;
  }

  /** Metrics by name. */
  public static Report of(Map<String, ? extends Number> metrics) {
    Map<String, MetricValue> values = new LinkedHashMap<>();
    metrics.forEach(
        (name, value) -> values.put(name, MetricValue.newBuilder().setValue(value.doubleValue()).build()));
    return new Report(values, OptionalLong.empty(), Optional.empty(), OptionalDouble.empty(), Optional.empty());
  }

  /** The step of {@link ActiveTrial#steps}, or one more than was reported, when not given. */
  public Report step(long step) {
    return new Report(metrics, OptionalLong.of(step), checkpoint, cost, provenance);
  }

  /** Where the training can be resumed from after this step. */
  public Report checkpoint(String uri) {
    return new Report(metrics, step, Optional.of(uri), cost, provenance);
  }

  /** Since the last report, in the unit of the budget. */
  public Report cost(double cost) {
    return new Report(metrics, step, checkpoint, OptionalDouble.of(cost), provenance);
  }

  /** Circumstances of this attempt; once is enough. */
  public Report provenance(Provenance provenance) {
    return new Report(metrics, step, checkpoint, cost, Optional.of(provenance));
  }

  /**
   * Standard error of a metric of this report.
   *
   * @throws InvalidArgument it is not among the reported metrics
   */
  public Report sem(String metric, double sem) {
    if (!metrics.containsKey(metric)) {
      throw InvalidArgument.of("sem", metric + ": not among the reported metrics");
    }
    Map<String, MetricValue> values = new LinkedHashMap<>(metrics);
    values.computeIfPresent(metric, (name, value) -> value.toBuilder().setSem(sem).build());
    return new Report(values, step, checkpoint, cost, provenance);
  }
}
