package dev.assay;

import dev.assay.Transport.Terms;
import dev.assay.v1.AnalysisServiceGrpc;
import dev.assay.v1.CreateTrialRequest;
import dev.assay.v1.DeleteStudyRequest;
import dev.assay.v1.GetBestTrialRequest;
import dev.assay.v1.GetBestTrialResponse;
import dev.assay.v1.GetFrontRequest;
import dev.assay.v1.GetStudyRequest;
import dev.assay.v1.GetTrialRequest;
import dev.assay.v1.ListTrialsRequest;
import dev.assay.v1.ListTrialsResponse;
import dev.assay.v1.Measurement;
import dev.assay.v1.StopStudyRequest;
import dev.assay.v1.StopTrialRequest;
import dev.assay.v1.StudyEndReason;
import dev.assay.v1.StudyServiceGrpc;
import dev.assay.v1.SuggestTrialsRequest;
import dev.assay.v1.SuggestTrialsResponse;
import dev.assay.v1.Trial;
import dev.assay.v1.TrialServiceGrpc;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;

/**
 * A study on the server. What it shows of itself is as old as the last call; {@link #refresh} reads it again. Threads may
 * share it.
 */
public final class Study {
  /** Deadline of one ask: the server waits for a trial until shortly before it. */
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(25);

  /** Deadline of an ask that shall not wait: it has to get there and back. */
  private static final Duration SHORTEST_WAIT = Duration.ofMillis(500);

  private static final Duration SHORTEST_PAUSE = Duration.ofMillis(50);

  /** Between two asks, when the server does not say. */
  private static final Duration USUAL_PAUSE = Duration.ofSeconds(1);

  /** Items read at once by what iterates over a list. */
  private static final int PAGE_SIZE = 200;

  private final Transport transport;
  private final Heartbeats heartbeats;
  private volatile dev.assay.v1.Study message;

  Study(Transport transport, Heartbeats heartbeats, dev.assay.v1.Study message) {
    this.transport = transport;
    this.heartbeats = heartbeats;
    this.message = message;
  }

  /** {@code projects/{project}/studies/{study}}. */
  public String name() {
    return message.getName();
  }

  /** The last part of the name. */
  public String id() {
    return name().substring(name().lastIndexOf('/') + 1);
  }

  /** Whether it hands out trials. */
  public StudyState state() {
    return StudyState.fromWire(message.getState());
  }

  /** Why it is over: MAX_TRIALS, TARGET_REACHED, STOPPED_BY_USER, …; empty while it is active. */
  public String endReason() {
    return Names.endReason(message.getEndReason());
  }

  /** Whether nothing is handed out any more. */
  public boolean isOver() {
    return state() == StudyState.STOPPED || state() == StudyState.COMPLETED;
  }

  /** The seed in force. */
  public long seed() {
    return message.getResolvedSeed();
  }

  /** What its creator asked for. */
  public dev.assay.v1.StudySpec spec() {
    return message.getSpec();
  }

  /** Everything that was read. */
  public dev.assay.v1.Study message() {
    return message;
  }

  /**
   * One trial after the other, until the study is over. Under the same name as before, a worker that was restarted gets its
   * trial back at once; for the same reason, leave each trial before asking for the next one.
   *
   * @param worker unique among the living
   */
  public Iterable<ActiveTrial> trials(String worker) {
    return () -> new Asking(worker);
  }

  /**
   * Ask for up to {@code count} trials, and wait for them. There are none when the study is over (then {@link #isOver} says
   * so) or the timeout has passed. An interrupt cancels it ({@link java.util.concurrent.CancellationException}).
   *
   * @param timeout without one, it waits until the study is over
   */
  public List<ActiveTrial> ask(String worker, int count, Optional<Duration> timeout) {
    long giveUpAt = System.nanoTime() + timeout.orElse(Duration.ZERO).toNanos();
    while (true) {
      Optional<Duration> left = timeout.map(given -> Duration.ofNanos(giveUpAt - System.nanoTime()));
      Duration wait = left.map(some -> Durations.clamp(some, SHORTEST_WAIT, LONGEST_WAIT)).orElse(LONGEST_WAIT);
      SuggestTrialsResponse answer = suggest(worker, count, wait);
      left = timeout.map(given -> Duration.ofNanos(giveUpAt - System.nanoTime()));
      boolean isLate = left.filter(some -> some.isNegative() || some.isZero()).isPresent();
      if (answer.getTrialsCount() > 0 || ended(answer.getEndReasonValue()) || isLate) {
        return answer.getTrialsList().stream().map(this::active).toList();
      }
      Duration told = answer.hasRetryDelay() ? Durations.fromWire(answer.getRetryDelay()) : USUAL_PAUSE;
      Duration pause = Durations.max(told, SHORTEST_PAUSE);
      Transport.pause(left.map(some -> Durations.min(pause, some)).orElse(pause));
    }
  }

  /**
   * The same in the background. Cancelling the future ends the call; whether it had an effect is then not known, and
   * asking again under the same worker's name gives what it holds.
   */
  public CompletableFuture<List<ActiveTrial>> askAsync(String worker, int count, Optional<Duration> timeout) {
    return Cancellable.of(() -> ask(worker, count, timeout));
  }

  /** The feasible trials at full fidelity that no other one beats; prints as a table. */
  public Front front() {
    GetFrontRequest request = GetFrontRequest.newBuilder().setName(name()).build();
    List<String> objectives = spec().getObjectivesList().stream().map(dev.assay.v1.Objective::getMetric).toList();
    return Front.fromWire(transport.run(AnalysisServiceGrpc.getGetFrontMethod(), request, Terms.USUAL), objectives);
  }

  /** The best feasible trial at full fidelity by this metric, which may be empty if there is one objective. */
  public Optional<TrialRecord> best(String metric) {
    GetBestTrialRequest request = GetBestTrialRequest.newBuilder().setName(name()).setMetric(metric).build();
    GetBestTrialResponse answer = transport.run(AnalysisServiceGrpc.getGetBestTrialMethod(), request, Terms.USUAL);
    return answer.hasTrial() ? Optional.of(TrialRecord.fromWire(answer.getTrial())) : Optional.empty();
  }

  /** One trial with everything about it. */
  public TrialRecord trial(long number) {
    GetTrialRequest request = GetTrialRequest.newBuilder().setName(trialName(number)).build();
    return TrialRecord.fromWire(transport.run(TrialServiceGrpc.getGetTrialMethod(), request, Terms.USUAL));
  }

  /** Trials that the filter lets through, by number unless ordered otherwise; pages are read as they are needed. */
  public Iterable<TrialRecord> listTrials(String filter, String orderBy) {
    ListTrialsRequest.Builder request =
        ListTrialsRequest.newBuilder().setParent(name()).setPageSize(PAGE_SIZE).setFilter(filter).setOrderBy(orderBy);
    return () -> new Listing(request.clone());
  }

  /** Queue a configuration to be run. */
  public TrialRecord enqueue(Map<String, ?> params) {
    return createTrial(params, List.of());
  }

  /** Add a trial that was measured elsewhere, with its result at full fidelity. */
  public TrialRecord attach(Map<String, ?> params, Map<String, ? extends Number> metrics) {
    Measurement.Builder measured = Measurement.newBuilder().setStep(spec().getFidelity().getMax());
    return createTrial(params, List.of(measured.putAllMetrics(Report.of(metrics).metrics).build()));
  }

  /** Stop a trial, whoever holds it. */
  public TrialRecord stopTrial(long number) {
    StopTrialRequest request =
        StopTrialRequest.newBuilder().setName(trialName(number)).setRequestId(Holding.newId()).build();
    return TrialRecord.fromWire(
        transport.run(TrialServiceGrpc.getStopTrialMethod(), request, Terms.USUAL).getTrial());
  }

  /** End it: nothing is handed out any more, running trials are told to stop. */
  public void stop() {
    StopStudyRequest request = StopStudyRequest.newBuilder().setName(name()).setRequestId(Holding.newId()).build();
    message = transport.run(StudyServiceGrpc.getStopStudyMethod(), request, Terms.USUAL).getStudy();
  }

  /** Delete it with all its trials. */
  public void delete() {
    DeleteStudyRequest request =
        DeleteStudyRequest.newBuilder().setName(name()).setRequestId(Holding.newId()).build();
    transport.run(StudyServiceGrpc.getDeleteStudyMethod(), request, Terms.USUAL);
  }

  /** Read it again. */
  public void refresh() {
    GetStudyRequest request = GetStudyRequest.newBuilder().setName(name()).build();
    message = transport.run(StudyServiceGrpc.getGetStudyMethod(), request, Terms.USUAL);
  }

  private SuggestTrialsResponse suggest(String worker, int count, Duration wait) {
    SuggestTrialsRequest request =
        SuggestTrialsRequest.newBuilder()
            .setParent(name())
            .setWorker(worker)
            .setCount(count)
            .setRequestId(Holding.newId())
            .build();
    Terms terms = new Terms(true, Optional.of(wait), Optional.empty());
    return transport.run(TrialServiceGrpc.getSuggestTrialsMethod(), request, terms);
  }

  private ActiveTrial active(Trial trial) {
    return new ActiveTrial(trial, transport, heartbeats);
  }

  private TrialRecord createTrial(Map<String, ?> params, List<Measurement> measurements) {
    CreateTrialRequest request =
        CreateTrialRequest.newBuilder()
            .setParent(name())
            .setTrial(Trial.newBuilder().setConfiguration(Values.toWire(params)))
            .addAllMeasurements(measurements)
            .setRequestId(Holding.newId())
            .build();
    return TrialRecord.fromWire(transport.run(TrialServiceGrpc.getCreateTrialMethod(), request, Terms.USUAL));
  }

  private String trialName(long number) {
    return name() + "/trials/" + number;
  }

  /** Take in why it is over, and say whether it is. */
  private boolean ended(int reason) {
    boolean isEnd = reason != StudyEndReason.STUDY_END_REASON_UNSPECIFIED_VALUE;
    if (isEnd && !isOver()) {
      boolean isStopped = reason == StudyEndReason.STUDY_END_REASON_STOPPED_BY_USER_VALUE;
      dev.assay.v1.StudyState state =
          isStopped ? dev.assay.v1.StudyState.STUDY_STATE_STOPPED : dev.assay.v1.StudyState.STUDY_STATE_COMPLETED;
      message = message.toBuilder().setState(state).setEndReasonValue(reason).build();
    }
    return isEnd;
  }

  private final class Asking implements Iterator<ActiveTrial> {
    private final String worker;
    private final Queue<ActiveTrial> ready = new ArrayDeque<>();

    Asking(String worker) {
      this.worker = worker;
    }

    @Override
    public boolean hasNext() {
      if (ready.isEmpty()) {
        ready.addAll(ask(worker, 1, Optional.empty()));
      }
      return !ready.isEmpty();
    }

    @Override
    public ActiveTrial next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      return ready.remove();
    }
  }

  private final class Listing implements Iterator<TrialRecord> {
    private final ListTrialsRequest.Builder request;
    private final Queue<Trial> ready = new ArrayDeque<>();
    private boolean isLast;

    Listing(ListTrialsRequest.Builder request) {
      this.request = request;
    }

    @Override
    public boolean hasNext() {
      while (ready.isEmpty() && !isLast) {
        ListTrialsResponse page =
            transport.run(TrialServiceGrpc.getListTrialsMethod(), request.build(), Terms.USUAL);
        ready.addAll(page.getTrialsList());
        request.setPageToken(page.getNextPageToken());
        isLast = page.getNextPageToken().isEmpty();
      }
      return !ready.isEmpty();
    }

    @Override
    public TrialRecord next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      return TrialRecord.fromWire(ready.remove());
    }
  }
}
