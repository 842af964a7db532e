package dev.assay;

import dev.assay.v1.Measurement;
import dev.assay.v1.Trial;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One configuration, as it was when it was read.
 *
 * @param name {@code projects/{project}/studies/{study}/trials/{number}}
 * @param number dense within the study, from 1
 * @param state where it is in its life
 * @param params a value for each active parameter
 * @param metrics of the result once SUCCEEDED, of the latest measurement before; empty when there is none
 * @param steps the last reported step; 0 when there is none
 * @param checkpoint where to resume from
 * @param message everything that the server said
 */
public record TrialRecord(
    String name,
    long number,
    TrialState state,
    Params params,
    Map<String, Double> metrics,
    long steps,
    Optional<String> checkpoint,
    Trial message) {
  static TrialRecord fromWire(Trial message) {
    Measurement shown =
        message.hasFinalMeasurement() ? message.getFinalMeasurement() : message.getLatestMeasurement();
    Map<String, Double> metrics = new TreeMap<>();
    shown.getMetricsMap().forEach((name, metric) -> metrics.put(name, metric.getValue()));
    return new TrialRecord(
        message.getName(),
        message.getNumber(),
        TrialState.fromWire(message.getState()),
        new Params(Values.fromWire(message.getConfiguration())),
        metrics,
        message.getLastStep(),
        message.hasCheckpoint() ? Optional.of(message.getCheckpoint().getUri()) : Optional.empty(),
        message);
  }
}
