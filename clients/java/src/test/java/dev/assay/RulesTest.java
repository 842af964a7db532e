package dev.assay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import dev.assay.AssayException.InvalidArgument;
import dev.assay.v1.Checkpoint;
import dev.assay.v1.Comparison;
import dev.assay.v1.DirectiveAction;
import dev.assay.v1.ErrorReason;
import dev.assay.v1.HeartbeatResponse;
import dev.assay.v1.Lease;
import dev.assay.v1.ReportMeasurementsResponse;
import dev.assay.v1.Trial;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What holds without a server: retries, steps, errors, specifications. */
class RulesTest {
  private static final Effort.Limits LIMITS =
      new Effort.Limits(Optional.empty(), Duration.ofSeconds(10), Duration.ofSeconds(600));

  private static Effort effort(boolean hasMet) {
    ServiceConfig.Method config = ServiceConfig.of("assay.v1.TrialService/ReportMeasurements");
    return new Effort(config, LIMITS, "here:1", hasMet, LIMITS.patience(), Duration.ofSeconds(30), 0);
  }

  private static AssayException failed(Status.Code code) {
    return AssayException.from(code.toStatus().withDescription("no").asRuntimeException(), "here:1");
  }

  private static AssayException refused(Status.Code code, Message... details) {
    com.google.rpc.Status.Builder status =
        com.google.rpc.Status.newBuilder().setCode(code.value()).setMessage("said the server");
    for (Message detail : details) {
      status.addDetails(Any.pack(detail));
    }
    return AssayException.from(StatusProto.toStatusRuntimeException(status.build()), "here:1");
  }

  private static ErrorInfo reason(String reason) {
    return ErrorInfo.newBuilder().setReason(reason).setDomain("assay.dev").build();
  }

  private static RetryInfo retryAfter(long seconds) {
    return RetryInfo.newBuilder().setRetryDelay(com.google.protobuf.Duration.newBuilder().setSeconds(seconds)).build();
  }

  private static long seconds(long count) {
    return Duration.ofSeconds(count).toNanos();
  }

  /** A method's own entry wins over its service's. */
  @Test
  void deadlinesAreTheShippedOnes() {
    assertEquals(Optional.of(Duration.ofSeconds(40)), ServiceConfig.of("assay.v1.TrialService/SuggestTrials").timeout());
    assertEquals(Optional.of(Duration.ofSeconds(30)), ServiceConfig.of("assay.v1.StudyService/GetStudy").timeout());
    assertEquals(Optional.empty(), ServiceConfig.of("assay.v1.TrialService/WatchTrials").timeout());
  }

  /** The backoff doubles from 0.1 s to 2 s, with jitter above its half. */
  @Test
  void theBackoffGrowsToItsCap() {
    Effort effort = effort(true);

    assertEquals(Duration.ofMillis(50), effort.delay(failed(Status.Code.UNAVAILABLE), 0, 0));
    assertEquals(Duration.ofMillis(200), effort.delay(failed(Status.Code.UNAVAILABLE), 0, 1));
    for (int i = 0; i < 40; i++) {
      assertTrue(effort.delay(failed(Status.Code.UNAVAILABLE), 0, 1).compareTo(Duration.ofSeconds(2)) <= 0);
    }
  }

  /** A server that is gone for half a minute is waited for; one that is gone for half an hour is not. */
  @Test
  void patienceEnds() {
    Effort effort = effort(true);
    effort.delay(failed(Status.Code.UNAVAILABLE), seconds(30), 0.5);

    assertThrows(
        AssayException.Unavailable.class,
        () -> effort.delay(failed(Status.Code.UNAVAILABLE), seconds(1800), 0.5));
  }

  /** At first contact, the error names the address within the connect timeout, and who refused if anybody did. */
  @Test
  void aServerThatIsNotThereIsNamed() {
    Effort refusing = effort(false);
    refusing.delay(failed(Status.Code.UNAVAILABLE), 0, 0.5);

    AssayException silent =
        assertThrows(
            AssayException.Unavailable.class,
            () -> effort(false).delay(failed(Status.Code.DEADLINE_EXCEEDED), seconds(10), 0.5));
    AssayException refused =
        assertThrows(
            AssayException.Unavailable.class,
            () -> refusing.delay(failed(Status.Code.DEADLINE_EXCEEDED), seconds(10), 0.5));

    assertEquals("no server answers at here:1 within 10 s", silent.getMessage());
    assertEquals("no server answers at here:1: no", refused.getMessage());
  }

  /** ABORTED, a bad request and a quota without a time to come back are final; RetryInfo is kept. */
  @Test
  void whatNoWaitingMendsIsToldAtOnce() {
    for (AssayException error :
        new AssayException[] {
          refused(Status.Code.ABORTED, reason("LEASE_LOST")),
          refused(Status.Code.INVALID_ARGUMENT, reason("INVALID_ARGUMENT")),
          refused(Status.Code.RESOURCE_EXHAUSTED, reason("OVERLOADED")),
        }) {
      assertThrows(error.getClass(), () -> effort(true).delay(error, 0, 0.5));
    }
    AssayException busy = refused(Status.Code.RESOURCE_EXHAUSTED, reason("OVERLOADED"), retryAfter(7));
    assertEquals(Duration.ofSeconds(7), effort(true).delay(busy, 0, 0.5));
  }

  /** A new reason of the contract cannot be forgotten here. */
  @Test
  void everyReasonHasAClass() {
    for (ErrorReason known : ErrorReason.values()) {
      if (known != ErrorReason.ERROR_REASON_UNSPECIFIED && known != ErrorReason.UNRECOGNIZED) {
        AssayException error = refused(Status.Code.ABORTED, reason(known.name()));
        assertNotEquals(AssayException.class, error.getClass(), known.name());
      }
    }
  }

  /** A newer server's reason stays readable, and so do all violations. */
  @Test
  void detailsAreKept() {
    BadRequest.Builder bad = BadRequest.newBuilder();
    bad.addFieldViolationsBuilder().setField("study.spec.space").setDescription("is empty");

    AssayException strange = refused(Status.Code.DATA_LOSS, reason("FROM_TOMORROW"));
    AssayException wrong = refused(Status.Code.INVALID_ARGUMENT, reason("INVALID_ARGUMENT"), bad.build());

    assertEquals(AssayException.class, strange.getClass());
    assertEquals("FROM_TOMORROW", strange.reason());
    assertEquals(Status.Code.DATA_LOSS, strange.code());
    assertEquals("study.spec.space", wrong.violations().get(0).field());
  }

  private static Lease lease() {
    return Lease.newBuilder().setTtl(com.google.protobuf.Duration.newBuilder().setSeconds(60)).build();
  }

  private static Holding held(Trial.Builder trial) {
    return new Holding(trial.setLease(lease()).build(), 0);
  }

  private static ReportMeasurementsResponse told(DirectiveAction action, long until) {
    ReportMeasurementsResponse.Builder answer =
        ReportMeasurementsResponse.newBuilder().setState(dev.assay.v1.TrialState.TRIAL_STATE_RUNNING).setLease(lease());
    answer.getDirectiveBuilder().setAction(action).setUntilStep(until);
    return answer.build();
  }

  private static void report(Holding holding, ReportMeasurementsResponse answer) {
    holding.reported(holding.report(Report.of(Map.of("loss", 1.0)), 0), answer, 0);
  }

  /** Steps run to the budget, and further when it grows with a promotion. */
  @Test
  void stepsObeyTheBudget() {
    Holding holding = held(Trial.newBuilder().setUntilStep(2));
    holding.advance();

    assertEquals(OptionalLong.of(2), holding.advance());
    report(holding, told(DirectiveAction.DIRECTIVE_ACTION_CONTINUE, 3));
    assertEquals(OptionalLong.of(3), holding.advance());
    assertEquals(OptionalLong.empty(), holding.advance());
  }

  /** With a checkpoint the training goes on after its step; at the very end of the budget it is evaluated once more. */
  @Test
  void aCheckpointSetsTheStart() {
    Checkpoint checkpoint = Checkpoint.newBuilder().setUri("u").setStep(3).build();
    Holding inside = held(Trial.newBuilder().setCheckpoint(checkpoint).setUntilStep(9));
    Holding atTheEnd = held(Trial.newBuilder().setCheckpoint(checkpoint).setUntilStep(3));

    assertEquals(OptionalLong.of(4), inside.advance());
    assertEquals(OptionalLong.of(3), atTheEnd.advance());
    assertEquals(OptionalLong.empty(), atTheEnd.advance());
  }

  /** After PAUSE or STOP nothing more is said, and no heartbeat brings the trial back. */
  @Test
  void whatIsOverStaysOver() {
    Holding holding = held(Trial.newBuilder().setUntilStep(3));
    report(holding, told(DirectiveAction.DIRECTIVE_ACTION_PAUSE, 3));
    HeartbeatResponse.Builder goOn = HeartbeatResponse.newBuilder().setLease(lease());
    goOn.getDirectiveBuilder().setAction(DirectiveAction.DIRECTIVE_ACTION_CONTINUE);
    holding.heard(goOn.build(), 0);

    assertTrue(holding.isOver());
    assertEquals(Optional.empty(), holding.farewell(0));
  }

  /** Unknown enum values of a newer server are mapped, never a crash. */
  @Test
  void enumsOfANewerServerAreMapped() {
    dev.assay.v1.Directive wish = dev.assay.v1.Directive.newBuilder().setActionValue(99).setReasonValue(99).build();

    assertEquals(Directive.Action.STOP, Directive.fromWire(wish).action());
    assertEquals("", Directive.fromWire(wish).reason());
    assertEquals(TrialState.UNKNOWN, TrialRecord.fromWire(Trial.newBuilder().setStateValue(99).build()).state());
  }

  private static StudySpec spec() {
    return StudySpec.create()
        .parameter("lr", Parameter.real(1e-4, 1e-1).log())
        .parameter("depth", Parameter.integer(1, 6))
        .minimize("error");
  }

  /** A bound on parameters goes to the space, one on a metric to the study, which then tracks the metric. */
  @Test
  void constraintsAreToldApart() {
    dev.assay.v1.StudySpec message =
        spec().constraint("lr + 2*depth - 1 <= 3 - (depth)/2").constraint("-params ≥ -200_000").toMessage();

    assertEquals(4.0, message.getSpace().getConstraints(0).getBound());
    assertEquals(2.5, message.getSpace().getConstraints(0).getTerms(1).getWeight());
    assertEquals("params", message.getConstraints(0).getMetric());
    assertEquals(200_000.0, message.getConstraints(0).getBound());
    assertEquals(Comparison.COMPARISON_LESS_EQUAL, message.getConstraints(0).getComparison());
    assertEquals("params", message.getTrackedMetrics(0));
  }

  /** Each constraint that cannot be read is refused with its text, and with the place where there is one. */
  @Test
  void whatCannotBeReadIsNamed() {
    Map<String, String> problems =
        Map.of(
            "a < 3", "'<' is not supported; use <= or >= at column 3",
            "a * b <= 3", "is not linear",
            "a / 0 <= 3", "divides by zero",
            "1 <= 3", "compares numbers only",
            "a <= 3 <= b", "one comparison only",
            "(a <= 3", "expected ) at column 4",
            "a ? 3", "cannot read '?' at column 3",
            "lr + params <= 3", "mixes parameters with params",
            "a + b <= 3", "bounds several metrics at once (a, b)",
            "a <= 1e999", "too large");
    problems.forEach(
        (text, problem) -> {
          InvalidArgument error = assertThrows(InvalidArgument.class, () -> spec().constraint(text).toMessage());
          assertTrue(error.getMessage().contains(problem) && error.getMessage().contains(text), error.getMessage());
        });
  }

  /** What does not fit a parameter's kind is refused where it is said. */
  @Test
  void aWrongParameterIsNamed() {
    assertThrows(InvalidArgument.class, () -> Parameter.bool().log());
    assertThrows(InvalidArgument.class, () -> Parameter.integer(1, 2).defaultValue("a"));
    assertThrows(InvalidArgument.class, () -> Parameter.integer(1, 9).step(0.5));
    assertThrows(InvalidArgument.class, () -> Parameter.derived("1 + 2"));
    assertThrows(InvalidArgument.class, () -> Parameter.choice("a", new Object()));
  }

  /** A value keeps its kind to the last bit, and a wrong reading of it is explained. */
  @Test
  void valuesKeepTheirKind() {
    Map<String, Object> given =
        Map.of("tiny", Double.MIN_VALUE, "large", Long.MAX_VALUE, "text", "größer 🚀", "off", false);
    Params params = new Params(Values.fromWire(Values.toWire(given)));

    assertEquals(given, params.values());
    assertFalse(params.getBoolean("off"));
    assertThrows(InvalidArgument.class, () -> params.getLong("text"));
    assertThrows(InvalidArgument.class, () -> params.getLong("tiny"));
    assertThrows(InvalidArgument.class, () -> params.getDouble("lr"));
  }

  /** What cannot be an address or a token is named before anything is sent; the token itself is not told. */
  @Test
  void unusableOptionsAreNamed() {
    assertThrows(InvalidArgument.class, () -> Client.to(""));
    assertThrows(InvalidArgument.class, () -> Client.to("http://here:1"));
    InvalidArgument error =
        assertThrows(InvalidArgument.class, () -> Client.builder("here:1").token("se\ncret").build());
    assertFalse(error.getMessage().contains("cret"));
  }
}
