package dev.assay;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * Root of everything that a call is refused with; one subclass for each reason of the contract. {@code docs/errors.md}
 * says what to do about each. Nothing was changed by a refusal. A reason that this version does not know becomes a plain
 * {@code AssayException} that keeps code and reason.
 */
public class AssayException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final String DOMAIN = "assay.dev";
  private static final String PREFIX = "ERROR_REASON_";

  private final transient Facts facts;

  AssayException(String message, Facts facts) {
    super(message);
    this.facts = facts;
  }

  /** One wrong field of a request: its path or the name of an argument, and what is wrong, with the value. */
  public record Violation(String field, String description) {}

  /** What an error tells machines. */
  record Facts(
      Status.Code code,
      String reason,
      Map<String, String> metadata,
      List<Violation> violations,
      Optional<Duration> retryAfter) {
    static Facts of(Status.Code code) {
      return new Facts(code, "", Map.of(), List.of(), Optional.empty());
    }
  }

  /** The gRPC status code. */
  public Status.Code code() {
    return facts.code();
  }

  /** Name in the wire's ErrorReason, such as {@code LEASE_LOST}; empty when the other side gave none. */
  public String reason() {
    return facts.reason();
  }

  /** Facts about the error, by name. */
  public Map<String, String> metadata() {
    return facts.metadata();
  }

  /** All wrong fields at once. */
  public List<Violation> violations() {
    return facts.violations();
  }

  /** When the server asks to try again. */
  public Optional<Duration> retryAfter() {
    return facts.retryAfter();
  }

  /** At least one field is wrong; nothing was changed. */
  public static class InvalidArgument extends AssayException {
    private static final long serialVersionUID = 1L;

    InvalidArgument(String message, Facts facts) {
      super(message, facts);
    }

    /** The error with a single violation, found before anything was sent. */
    static InvalidArgument of(String field, String description) {
      List<Violation> violations = List.of(new Violation(field, description));
      Status.Code code = Status.Code.INVALID_ARGUMENT;
      return new InvalidArgument(
          field + ": " + description,
          new Facts(code, "INVALID_ARGUMENT", Map.of(), violations, Optional.empty()));
    }
  }

  /** A request id was used before, with another payload. */
  public static final class RequestIdReused extends InvalidArgument {
    private static final long serialVersionUID = 1L;

    RequestIdReused(String message, Facts facts) {
      super(message, facts);
    }
  }

  /** A page token that this query did not give out. */
  public static final class InvalidPageToken extends InvalidArgument {
    private static final long serialVersionUID = 1L;

    InvalidPageToken(String message, Facts facts) {
      super(message, facts);
    }
  }

  /** No such study. */
  public static final class StudyNotFound extends AssayException {
    private static final long serialVersionUID = 1L;

    StudyNotFound(String message, Facts facts) {
      super(message, facts);
    }
  }

  /** No such trial. */
  public static final class TrialNotFound extends AssayException {
    private static final long serialVersionUID = 1L;

    TrialNotFound(String message, Facts facts) {
      super(message, facts);
    }
  }

  /** A study of this name exists with another specification; {@link #metadata} has the {@code differing} fields. */
  public static final class StudySpecMismatch extends AssayException {
    private static final long serialVersionUID = 1L;

    StudySpecMismatch(String message, Facts facts) {
      super(message, facts);
    }
  }

  /** The study hands out nothing and takes nothing any more. */
  public static final class StudyOver extends AssayException {
    private static final long serialVersionUID = 1L;

    StudyOver(String message, Facts facts) {
      super(message, facts);
    }
  }

  /** The call needs a study that is over. */
  public static final class StudyNotOver extends AssayException {
    private static final long serialVersionUID = 1L;

    StudyNotOver(String message, Facts facts) {
      super(message, facts);
    }
  }

  /** The trial's state does not allow this. */
  public static final class WrongTrialState extends AssayException {
    private static final long serialVersionUID = 1L;

    WrongTrialState(String message, Facts facts) {
      super(message, facts);
    }
  }

  /** Test metrics are written once. */
  public static final class TestMetricsSealed extends AssayException {
    private static final long serialVersionUID = 1L;

    TestMetricsSealed(String message, Facts facts) {
      super(message, facts);
    }
  }

  /** The question needs results that are not there yet. */
  public static final class NotEnoughData extends AssayException {
    private static final long serialVersionUID = 1L;

    NotEnoughData(String message, Facts facts) {
      super(message, facts);
    }
  }

  /** Another worker holds the trial now, or this lease was given up. */
  public static final class LeaseLost extends AssayException {
    private static final long serialVersionUID = 1L;

    LeaseLost(String message, Facts facts) {
      super(message, facts);
    }

    /** Whether this says that the trial of that name was lost. */
    boolean isOf(String trial) {
      String named = metadata().getOrDefault("name", "");
      return named.isEmpty() || named.equals(trial);
    }
  }

  /** The study was changed since it was read. */
  public static final class EtagMismatch extends AssayException {
    private static final long serialVersionUID = 1L;

    EtagMismatch(String message, Facts facts) {
      super(message, facts);
    }
  }

  /** The watch cannot be resumed from there. */
  public static final class ResumeTokenExpired extends AssayException {
    private static final long serialVersionUID = 1L;

    ResumeTokenExpired(String message, Facts facts) {
      super(message, facts);
    }
  }

  /** Too many calls in flight, or a quota is used up. */
  public static final class Overloaded extends AssayException {
    private static final long serialVersionUID = 1L;

    Overloaded(String message, Facts facts) {
      super(message, facts);
    }
  }

  /** No server answers at the address, or it is starting or stopping. */
  public static final class Unavailable extends AssayException {
    private static final long serialVersionUID = 1L;

    Unavailable(String message, Facts facts) {
      super(message, facts);
    }
  }

  /** The server did not answer in time; whether the call had an effect is not known. */
  public static final class DeadlineExceeded extends AssayException {
    private static final long serialVersionUID = 1L;

    DeadlineExceeded(String message, Facts facts) {
      super(message, facts);
    }
  }

  /** Part of the contract, but not served by this server's version. */
  public static final class NotServedYet extends AssayException {
    private static final long serialVersionUID = 1L;

    NotServedYet(String message, Facts facts) {
      super(message, facts);
    }
  }

  /** No valid credentials. */
  public static final class Unauthenticated extends AssayException {
    private static final long serialVersionUID = 1L;

    Unauthenticated(String message, Facts facts) {
      super(message, facts);
    }
  }

  /** The credentials do not allow this. */
  public static final class PermissionDenied extends AssayException {
    private static final long serialVersionUID = 1L;

    PermissionDenied(String message, Facts facts) {
      super(message, facts);
    }
  }

  /** A defect of the server, logged there. */
  public static final class ServerFault extends AssayException {
    private static final long serialVersionUID = 1L;

    ServerFault(String message, Facts facts) {
      super(message, facts);
    }
  }

  /** By ErrorInfo.reason; another reason is a plain AssayException. */
  static final Map<String, BiFunction<String, Facts, AssayException>> REASONS =
      Map.ofEntries(
          Map.entry("INVALID_ARGUMENT", InvalidArgument::new),
          Map.entry("REQUEST_ID_REUSED", RequestIdReused::new),
          Map.entry("INVALID_PAGE_TOKEN", InvalidPageToken::new),
          Map.entry("STUDY_NOT_FOUND", StudyNotFound::new),
          Map.entry("TRIAL_NOT_FOUND", TrialNotFound::new),
          Map.entry("STUDY_SPEC_MISMATCH", StudySpecMismatch::new),
          Map.entry("STUDY_OVER", StudyOver::new),
          Map.entry("STUDY_NOT_OVER", StudyNotOver::new),
          Map.entry("WRONG_TRIAL_STATE", WrongTrialState::new),
          Map.entry("TEST_METRICS_SEALED", TestMetricsSealed::new),
          Map.entry("NOT_ENOUGH_DATA", NotEnoughData::new),
          Map.entry("LEASE_LOST", LeaseLost::new),
          Map.entry("ETAG_MISMATCH", EtagMismatch::new),
          Map.entry("RESUME_TOKEN_EXPIRED", ResumeTokenExpired::new),
          Map.entry("OVERLOADED", Overloaded::new),
          Map.entry("UNAVAILABLE", Unavailable::new),
          Map.entry("DEADLINE_EXCEEDED", DeadlineExceeded::new),
          Map.entry("NOT_SERVED_YET", NotServedYet::new),
          Map.entry("UNAUTHENTICATED", Unauthenticated::new),
          Map.entry("PERMISSION_DENIED", PermissionDenied::new),
          Map.entry("INTERNAL", ServerFault::new));

  /** What a failed call to <em>address</em> means. */
  static AssayException from(StatusRuntimeException failure, String address) {
    Facts facts = facts(failure);
    String said = String.valueOf(failure.getStatus().getDescription());
    if (!facts.reason().isEmpty()) {
      return REASONS.getOrDefault(facts.reason(), AssayException::new).apply(said, facts);
    }
    Throwable cause = failure.getStatus().getCause();
    String text = cause == null ? said : said + ": " + deepest(cause);
    return switch (facts.code()) {
      case UNAVAILABLE -> new Unavailable("no server answers at " + address + ": " + text, facts);
      case DEADLINE_EXCEEDED -> new DeadlineExceeded(address + " did not answer in time: " + text, facts);
      case UNAUTHENTICATED -> new Unauthenticated(answered(address, facts, text), facts);
      case PERMISSION_DENIED -> new PermissionDenied(answered(address, facts, text), facts);
      case INVALID_ARGUMENT -> new InvalidArgument(answered(address, facts, text), facts);
      case RESOURCE_EXHAUSTED -> new Overloaded(answered(address, facts, text), facts);
      default -> new AssayException(answered(address, facts, text), facts);
    };
  }

  private static String answered(String address, Facts facts, String text) {
    return address + " answered " + facts.code() + ": " + text;
  }

  private static String deepest(Throwable error) {
    return error.getCause() == null ? String.valueOf(error.getMessage()) : deepest(error.getCause());
  }

  /** Everything in the status of the call; only the code when there are no details or they cannot be read. */
  private static Facts facts(StatusRuntimeException failure) {
    Status.Code code = failure.getStatus().getCode();
    String reason = "";
    Map<String, String> metadata = Map.of();
    List<Violation> violations = List.of();
    Optional<Duration> retryAfter = Optional.empty();
    try {
      com.google.rpc.Status status = StatusProto.fromThrowable(failure);
      for (com.google.protobuf.Any detail : status == null ? List.<com.google.protobuf.Any>of() : status.getDetailsList()) {
        if (detail.is(ErrorInfo.class)) {
          ErrorInfo info = detail.unpack(ErrorInfo.class);
          if (info.getDomain().isEmpty() || info.getDomain().equals(DOMAIN)) {
            String name = info.getReason();
            reason = name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name;
            metadata = Map.copyOf(info.getMetadataMap());
          }
        } else if (detail.is(BadRequest.class)) {
          violations =
              detail.unpack(BadRequest.class).getFieldViolationsList().stream()
                  .map(wrong -> new Violation(wrong.getField(), wrong.getDescription()))
                  .toList();
        } else if (detail.is(RetryInfo.class)) {
          retryAfter = Optional.of(Durations.fromWire(detail.unpack(RetryInfo.class).getRetryDelay()));
        }
      }
    } catch (InvalidProtocolBufferException | IllegalArgumentException unreadable) {
      return Facts.of(code);
    }
    return new Facts(code, reason, metadata, violations, retryAfter);
  }
}
