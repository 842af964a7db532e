package dev.assay;

import dev.assay.v1.GetFrontResponse;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.TreeMap;

/**
 * The feasible trials at full fidelity that no other one beats, best by the first objective first; prints as a table.
 *
 * @param trials the trials
 * @param objectives names of the objectives, in their order
 * @param hypervolume volume dominated by the front; empty when there is no result
 * @param referencePoint one threshold for each objective, given or inferred
 */
public record Front(
    List<TrialRecord> trials, List<String> objectives, OptionalDouble hypervolume, List<Double> referencePoint) {
  static Front fromWire(GetFrontResponse message, List<String> objectives) {
    return new Front(
        message.getTrialsList().stream().map(TrialRecord::fromWire).toList(),
        objectives,
        message.hasHypervolume() ? OptionalDouble.of(message.getHypervolume()) : OptionalDouble.empty(),
        List.copyOf(message.getReferencePointList()));
  }

  @Override
  public String toString() {
    StringBuilder table = new StringBuilder(String.format(Locale.ROOT, "%6s", "trial"));
    objectives.forEach(metric -> table.append(String.format(Locale.ROOT, "  %12s", metric)));
    for (TrialRecord trial : trials) {
      table.append(String.format(Locale.ROOT, "%n%6d", trial.number()));
      for (String metric : objectives) {
        Double value = trial.metrics().get(metric);
        String shown = value == null ? "-" : String.format(Locale.ROOT, "%.6f", value);
        table.append(String.format("  %" + Math.max(12, metric.length()) + "s", shown));
      }
      new TreeMap<>(trial.params().values()).forEach((name, value) -> table.append("  " + name + "=" + value));
    }
    return table.toString();
  }
}
