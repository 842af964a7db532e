package dev.assay;

import dev.assay.AssayException.InvalidArgument;
import dev.assay.AssayException.LeaseLost;
import dev.assay.AssayException.StudyNotFound;
import dev.assay.AssayException.StudyOver;
import dev.assay.AssayException.TrialNotFound;
import dev.assay.AssayException.WrongTrialState;
import dev.assay.v1.Checkpoint;
import dev.assay.v1.CompleteTrialRequest;
import dev.assay.v1.FailTrialRequest;
import dev.assay.v1.FailureKind;
import dev.assay.v1.HeartbeatRequest;
import dev.assay.v1.HeartbeatResponse;
import dev.assay.v1.Lease;
import dev.assay.v1.Measurement;
import dev.assay.v1.ReleaseTrialRequest;
import dev.assay.v1.ReportMeasurementsRequest;
import dev.assay.v1.ReportMeasurementsResponse;
import dev.assay.v1.Trial;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * What a worker knows about the trial that it holds, and what it says about it. Nothing here waits or sends: a method that
 * speaks returns a request, and the answer is handed back. The heartbeats come from another thread, so it is
 * synchronised; they only set the directive and that it is over, and what is over stays over.
 */
final class Holding {
  /** Characters of a failure's text that the server keeps; of a long one the end matters. */
  private static final int LONGEST_MESSAGE = 16_384;

  private static final Duration SHORTEST_INTERVAL = Duration.ofSeconds(1);

  private final TrialRecord record;
  private final String token;
  private final boolean hasFidelity;
  private final long startStep;
  private Duration heartbeatInterval;
  private long heartbeatAt;
  private Directive directive;
  private OptionalLong step = OptionalLong.empty();
  private OptionalLong lastReported = OptionalLong.empty();
  private boolean isOver;
  private long measuredAt;

  /** A last word about a trial: one of the three requests. */
  sealed interface LastWord {
    record Complete(CompleteTrialRequest request) implements LastWord {}

    record Fail(FailTrialRequest request) implements LastWord {}

    record Release(ReleaseTrialRequest request) implements LastWord {}
  }

  /** Times are nanoseconds of {@link System#nanoTime}. */
  Holding(Trial trial, long now) {
    this.record = TrialRecord.fromWire(trial);
    this.token = trial.getLease().getToken();
    this.hasFidelity = trial.hasUntilStep();
    this.startStep = startStep(trial);
    this.heartbeatInterval = interval(trial.getLease());
    this.heartbeatAt = now + heartbeatInterval.toNanos();
    OptionalLong until = trial.hasUntilStep() ? OptionalLong.of(trial.getUntilStep()) : OptionalLong.empty();
    this.directive = new Directive(Directive.Action.CONTINUE, until, "");
    this.measuredAt = now;
  }

  TrialRecord record() {
    return record;
  }

  long startStep() {
    return startStep;
  }

  synchronized Directive directive() {
    return directive;
  }

  synchronized boolean isOver() {
    return isOver;
  }

  synchronized long heartbeatAt() {
    return heartbeatAt;
  }

  synchronized Duration heartbeatInterval() {
    return heartbeatInterval;
  }

  synchronized boolean shouldStop() {
    return isOver || directive.leaves();
  }

  /** The next step to train to; empty: leave. */
  synchronized OptionalLong advance() {
    if (shouldStop()) {
      return OptionalLong.empty();
    }
    long next = step.orElse(startStep) + 1;
    if (directive.untilStep().isPresent() && next > directive.untilStep().getAsLong()) {
      if (step.isPresent() || lastReported.isPresent()) {
        return OptionalLong.empty();
      }
      next = directive.untilStep().getAsLong(); // resumed at the very end of its budget: evaluated once more
    }
    step = OptionalLong.of(next);
    return step;
  }

  synchronized ReportMeasurementsRequest report(Report report, long now) {
    ReportMeasurementsRequest.Builder request =
        ReportMeasurementsRequest.newBuilder()
            .setName(record.name())
            .setLeaseToken(token)
            .addMeasurements(measurement(report, now))
            .setRequestId(newId());
    report.checkpoint.ifPresent(uri -> request.setCheckpoint(checkpoint(uri)));
    report.provenance.ifPresent(request::setProvenance);
    return request.build();
  }

  /** Take in the answer to a report. */
  synchronized Directive reported(ReportMeasurementsRequest request, ReportMeasurementsResponse answer, long now) {
    lastReported = OptionalLong.of(request.getMeasurements(0).getStep());
    measuredAt = now;
    obey(Directive.fromWire(answer.getDirective()));
    isOver = directive.leaves() || TrialState.fromWire(answer.getState()) != TrialState.RUNNING;
    renewed(answer.hasLease() ? Optional.of(answer.getLease()) : Optional.empty(), now); // a report was a heartbeat too
    return directive;
  }

  HeartbeatRequest heartbeat() {
    return HeartbeatRequest.newBuilder().setName(record.name()).setLeaseToken(token).build();
  }

  /** Take in the answer to a heartbeat: only a wish to leave, since a report may have learnt more meanwhile. */
  synchronized void heard(HeartbeatResponse answer, long now) {
    Directive wish = Directive.fromWire(answer.getDirective());
    if (wish.leaves() && !isOver) {
      obey(wish);
      isOver = !answer.hasLease();
    }
    renewed(answer.hasLease() ? Optional.of(answer.getLease()) : Optional.empty(), now);
  }

  /** Take in that a heartbeat did not get through. */
  synchronized void missed(Duration next, long now) {
    heartbeatAt = now + next.toNanos();
  }

  /** Take in what a heartbeat, a report or a last word was answered with instead. */
  synchronized void refused(AssayException error) {
    boolean isFinal =
        error instanceof LeaseLost
            || error instanceof WrongTrialState
            || error instanceof StudyOver
            || error instanceof StudyNotFound
            || error instanceof TrialNotFound;
    if (isFinal && !isOver) {
      isOver = true;
      obey(new Directive(Directive.Action.STOP, OptionalLong.empty(), error.reason()));
    }
  }

  /** Take in that the last word was said. */
  synchronized void end() {
    isOver = true;
  }

  /** Say that this is the result, or the latest measurement when there are no metrics. */
  synchronized LastWord complete(Report result, long now) {
    CompleteTrialRequest.Builder request =
        CompleteTrialRequest.newBuilder().setName(record.name()).setLeaseToken(token).setRequestId(newId());
    if (!result.metrics.isEmpty()) {
      request.setFinalMeasurement(measurement(result, now));
    }
    result.checkpoint.ifPresent(uri -> request.setCheckpoint(checkpoint(uri)));
    result.provenance.ifPresent(request::setProvenance);
    return new LastWord.Complete(request.build());
  }

  LastWord fail(String message, FailureKind kind, boolean permanent) {
    return new LastWord.Fail(
        FailTrialRequest.newBuilder()
            .setName(record.name())
            .setLeaseToken(token)
            .setKind(kind)
            .setMessage(ending(message))
            .setPermanent(permanent)
            .setRequestId(newId())
            .build());
  }

  LastWord release(Optional<String> uri, String reason) {
    ReleaseTrialRequest.Builder request =
        ReleaseTrialRequest.newBuilder()
            .setName(record.name())
            .setLeaseToken(token)
            .setMessage(ending(reason))
            .setRequestId(newId());
    uri.ifPresent(text -> request.setCheckpoint(checkpoint(text)));
    return new LastWord.Release(request.build());
  }

  /** What to say when the body of the trial ends by itself; empty: nothing. */
  synchronized Optional<LastWord> farewell(long now) {
    if (isOver) {
      return Optional.empty();
    }
    if (directive.leaves()) {
      // A heartbeat said so while the lease was good: handed back, nobody has to wait for it to run out.
      return Optional.of(release(Optional.empty(), "told to stop: " + directive.reason()));
    }
    if (lastReported.isEmpty()) {
      return Optional.of(
          fail("the body of the trial ended without a report", FailureKind.FAILURE_KIND_CRASHED, false));
    }
    return Optional.of(complete(Report.of(java.util.Map.of()), now));
  }

  private void obey(Directive told) {
    // the budget that was granted stays a fact
    boolean keeps = told.leaves() && told.untilStep().isEmpty();
    directive = keeps ? new Directive(told.action(), directive.untilStep(), told.reason()) : told;
  }

  private void renewed(Optional<Lease> lease, long now) {
    lease.ifPresent(told -> heartbeatInterval = interval(told));
    heartbeatAt = now + heartbeatInterval.toNanos();
  }

  private Measurement measurement(Report report, long now) {
    if (report.metrics.isEmpty()) {
      throw InvalidArgument.of("metrics", "a report needs at least one metric");
    }
    Measurement.Builder message =
        Measurement.newBuilder()
            .setStep(report.step.orElse(defaultStep()))
            .putAllMetrics(report.metrics)
            .setElapsed(Durations.toWire(Duration.ofNanos(Math.max(0, now - measuredAt))));
    report.cost.ifPresent(message::setCost);
    return message.build();
  }

  private long defaultStep() {
    if (step.isPresent()) {
      return step.getAsLong();
    }
    if (lastReported.isPresent()) {
      return lastReported.getAsLong() + 1;
    }
    return hasFidelity ? startStep + 1 : startStep;
  }

  static String newId() {
    return UUID.randomUUID().toString().replace("-", "");
  }

  /** Steps that the checkpoint has behind it; without one the training starts anew. */
  private static long startStep(Trial trial) {
    if (!trial.hasCheckpoint()) {
      return 0;
    }
    return trial.getCheckpoint().hasStep() ? trial.getCheckpoint().getStep() : trial.getLastStep();
  }

  private static Duration interval(Lease lease) {
    Duration told = Durations.fromWire(lease.getHeartbeatInterval());
    Duration third = Durations.fromWire(lease.getTtl()).dividedBy(3);
    return told.isZero() || told.isNegative() ? Durations.max(SHORTEST_INTERVAL, third) : told;
  }

  private static Checkpoint checkpoint(String uri) {
    return Checkpoint.newBuilder().setUri(uri).build();
  }

  private static String ending(String text) {
    int surplus = text.codePointCount(0, text.length()) - LONGEST_MESSAGE;
    return surplus > 0 ? text.substring(text.offsetByCodePoints(0, surplus)) : text;
  }
}
