package dev.assay;

import dev.assay.AssayException.LeaseLost;
import dev.assay.AssayException.Unavailable;
import dev.assay.Transport.Terms;
import dev.assay.v1.FailureKind;
import dev.assay.v1.ReportMeasurementsRequest;
import dev.assay.v1.ReportMeasurementsResponse;
import dev.assay.v1.Trial;
import dev.assay.v1.TrialServiceGrpc;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;

/**
 * A trial that this worker holds. Best trained inside {@link #run}, which keeps it held by heartbeats and says by itself how
 * it went. That is also what {@link #hold} and {@link #leave} do, one after the other. Without them, report more often
 * than the lease lasts.
 */
public final class ActiveTrial {
  private static final System.Logger LOGGER = System.getLogger("dev.assay");

  /** For the last words of a worker that has to go, or whose server has gone. */
  private static final Duration PARTING_PATIENCE = Duration.ofSeconds(5);

  private final Holding holding;
  private final Transport transport;
  private final Heartbeats heartbeats;

  ActiveTrial(Trial message, Transport transport, Heartbeats heartbeats) {
    this.holding = new Holding(message, System.nanoTime());
    this.transport = transport;
    this.heartbeats = heartbeats;
  }

  /** What is done with a trial. */
  @FunctionalInterface
  public interface Body {
    /** Train and report. */
    void train(ActiveTrial trial) throws Exception;
  }

  /** A value for each active parameter, derived and fixed ones included. */
  public Params params() {
    return record().params();
  }

  /** Dense within the study, from 1. */
  public long number() {
    return record().number();
  }

  /** {@code projects/{project}/studies/{study}/trials/{number}}. */
  public String name() {
    return record().name();
  }

  /** From 1; grows each time the trial is handed out. */
  public long attempt() {
    return record().message().getLease().getAttempt();
  }

  /** For the training; may be negative. */
  public long seed() {
    return record().message().getSeed();
  }

  /** Where to resume from; empty: train from the start. */
  public Optional<String> checkpoint() {
    return record().checkpoint();
  }

  /** Steps that the checkpoint has behind it; 0 without one. */
  public long startStep() {
    return holding.startStep();
  }

  /** Train until this step is reported; grows with a promotion. Empty without a fidelity. */
  public OptionalLong untilStep() {
    return directive().untilStep();
  }

  /** What the server said last. */
  public Directive directive() {
    return holding.directive();
  }

  /** Whether to leave the trial now; a heartbeat may have said so between two reports. */
  public boolean shouldStop() {
    return holding.shouldStop();
  }

  /** Everything that was said about it when it was handed out. */
  public TrialRecord record() {
    return holding.record();
  }

  /**
   * The steps to train to, one after the other; ends at the budget and when told to pause or to stop. Without a fidelity there
   * is no budget: break, when done.
   */
  public Iterable<Long> steps() {
    return () ->
        new Iterator<>() {
          private OptionalLong next = OptionalLong.empty();

          @Override
          public boolean hasNext() {
            next = next.isPresent() ? next : holding.advance();
            return next.isPresent();
          }

          @Override
          public Long next() {
            if (!hasNext()) {
              throw new NoSuchElementException();
            }
            long step = next.getAsLong();
            next = OptionalLong.empty();
            return step;
          }
        };
  }

  /** Say what was measured; as {@link #report(Report)}. */
  public Directive report(Map<String, ? extends Number> metrics) {
    return report(Report.of(metrics));
  }

  /**
   * Say what was measured; survives a restart of the server. {@link #steps} obeys the answer by itself.
   *
   * @throws LeaseLost another worker has the trial now
   * @throws AssayException.InvalidArgument a metric is not finite, a step went back, …
   */
  public Directive report(Report report) {
    ReportMeasurementsRequest request = holding.report(report, System.nanoTime());
    try {
      ReportMeasurementsResponse answer =
          transport.run(TrialServiceGrpc.getReportMeasurementsMethod(), request, Terms.PATIENT);
      return holding.reported(request, answer, System.nanoTime());
    } catch (AssayException error) {
      holding.refused(error);
      throw error;
    }
  }

  /** End the trial with its latest measurement as the result. */
  public TrialState complete() {
    return complete(Report.of(Map.of()));
  }

  /** End the trial with this result. */
  public TrialState complete(Report result) {
    return end(holding.complete(result, System.nanoTime()), Optional.empty());
  }

  /** The attempt died; it is tried again, unless that happened too often. */
  public TrialState fail(String reason) {
    return end(holding.fail(reason, FailureKind.FAILURE_KIND_CRASHED, false), Optional.empty());
  }

  /** The attempt died, and another one would too. */
  public TrialState failForGood(String reason) {
    return end(holding.fail(reason, FailureKind.FAILURE_KIND_CRASHED, true), Optional.empty());
  }

  /** The configuration itself is bad: it cannot be built, diverges, does not fit. The search learns from it. */
  public TrialState infeasible(String reason) {
    return end(holding.fail(reason, FailureKind.FAILURE_KIND_INFEASIBLE, false), Optional.empty());
  }

  /** Hand the trial back, to be resumed by whoever asks next. */
  public TrialState release(String reason) {
    return end(holding.release(Optional.empty(), reason), Optional.empty());
  }

  /** Hand the trial back, to be resumed from this checkpoint, which is newer than what was reported. */
  public TrialState release(String checkpoint, String reason) {
    return end(holding.release(Optional.of(checkpoint), reason), Optional.empty());
  }

  /** Keep it held by heartbeats from now on. */
  public void hold() {
    heartbeats.add(holding);
  }

  /**
   * Keep it held, run the body, and {@link #leave}.
   *
   * @throws Exception that of the body, or what the last word was answered with
   */
  public void run(Body body) throws Exception {
    hold();
    Throwable outcome = null;
    try {
      body.train(this);
    } catch (Throwable thrown) {
      outcome = thrown;
    }
    leave(outcome);
    if (outcome instanceof Error error) {
      throw error;
    }
    if (outcome instanceof Exception error && !isOwnLoss(outcome)) {
      throw error;
    }
  }

  /**
   * Say how it went, and end the heartbeats:
   *
   * <ul>
   *   <li>told to pause or stop, or completed, failed, released by hand: nothing more is said;
   *   <li>null, before that: it is completed with its latest measurement, or has failed without any report;
   *   <li>{@link Preempted}, an interrupt or a cancellation: it is handed back;
   *   <li>another exception: the attempt has failed, with the stack trace as its reason.
   * </ul>
   *
   * @param outcome what the body threw; null when it ended by itself
   * @throws AssayException what the last word was answered with, when there is no outcome; beside one it is kept as
   *     suppressed. A lost lease is not thrown: another worker has the trial, and the loop around goes on.
   */
  public void leave(Throwable outcome) {
    // An interrupted worker has to go, but its last word shall still be sent.
    boolean wasInterrupted = Thread.interrupted();
    try {
      lastWord(outcome).ifPresent(word -> end(word, patience(outcome)));
    } catch (LeaseLost lost) {
      LOGGER.log(System.Logger.Level.WARNING, "{0}: {1}", name(), lost.getMessage());
    } catch (AssayException unsaid) {
      if (outcome == null) {
        throw unsaid;
      }
      outcome.addSuppressed(unsaid);
    } finally {
      holding.end();
      heartbeats.remove(holding);
      if (wasInterrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private Optional<Holding.LastWord> lastWord(Throwable outcome) {
    if (outcome == null || holding.isOver()) {
      return holding.farewell(System.nanoTime());
    }
    if (isInnocent(outcome)) {
      return Optional.of(holding.release(Optional.empty(), String.valueOf(outcome.getMessage())));
    }
    StringWriter trace = new StringWriter();
    outcome.printStackTrace(new PrintWriter(trace, true));
    return Optional.of(holding.fail(trace.toString(), FailureKind.FAILURE_KIND_CRASHED, false));
  }

  private TrialState end(Holding.LastWord word, Optional<Duration> patience) {
    Terms terms = new Terms(true, Optional.empty(), patience);
    Trial trial;
    try {
      if (word instanceof Holding.LastWord.Complete complete) {
        trial = transport.run(TrialServiceGrpc.getCompleteTrialMethod(), complete.request(), terms).getTrial();
      } else if (word instanceof Holding.LastWord.Fail fail) {
        trial = transport.run(TrialServiceGrpc.getFailTrialMethod(), fail.request(), terms).getTrial();
      } else {
        Holding.LastWord.Release release = (Holding.LastWord.Release) word;
        trial = transport.run(TrialServiceGrpc.getReleaseTrialMethod(), release.request(), terms).getTrial();
      }
    } catch (AssayException error) {
      holding.refused(error);
      throw error;
    }
    holding.end();
    heartbeats.remove(holding);
    return TrialState.fromWire(trial.getState());
  }

  private boolean isOwnLoss(Throwable outcome) {
    return outcome instanceof LeaseLost lost && lost.isOf(name());
  }

  /** Whether the worker has to go, and the trial is innocent. */
  private static boolean isInnocent(Throwable outcome) {
    return outcome instanceof Preempted
        || outcome instanceof InterruptedException
        || outcome instanceof CancellationException;
  }

  private static Optional<Duration> patience(Throwable outcome) {
    boolean isHurried = outcome != null && (isInnocent(outcome) || outcome instanceof Unavailable);
    return isHurried ? Optional.of(PARTING_PATIENCE) : Optional.empty();
  }
}
