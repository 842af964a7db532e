package dev.assay;

import dev.assay.AssayException.DeadlineExceeded;
import dev.assay.AssayException.Overloaded;
import dev.assay.AssayException.Unavailable;
import io.grpc.Status;
import java.time.Duration;
import java.util.Optional;

/** The tries of one call: whether it is tried again, and when; without a clock or a socket of its own. */
final class Effort {
  /** A deadline that has passed still needs a positive number to be sent. */
  private static final Duration SHORTEST_TRY = Duration.ofMillis(50);

  private final ServiceConfig.Method config;
  private final Duration connectTimeout;
  private final String address;
  private final boolean hasMet;
  private final long giveUpAt;
  private final Duration timeout;
  private int failures;
  private Unavailable absence;

  /**
   * How long a client waits.
   *
   * @param timeout for one try, and for all tries of a call that no worker depends on; the service config's when empty
   * @param connectTimeout for the first answer of all
   * @param patience for all tries of a call that a worker depends on
   */
  record Limits(Optional<Duration> timeout, Duration connectTimeout, Duration patience) {}

  /**
   * Begin.
   *
   * @param allowed for all tries; at first contact the connect timeout is all
   * @param timeout of one try
   * @param now nanoseconds; only differences mean anything
   */
  Effort(
      ServiceConfig.Method config,
      Limits limits,
      String address,
      boolean hasMet,
      Duration allowed,
      Duration timeout,
      long now) {
    this.config = config;
    this.connectTimeout = limits.connectTimeout();
    this.address = address;
    this.hasMet = hasMet;
    this.giveUpAt = now + (hasMet ? allowed : Durations.min(allowed, connectTimeout)).toNanos();
    this.timeout = timeout;
  }

  /** Deadline of the next try. */
  Duration timeout(long now) {
    return Durations.max(SHORTEST_TRY, Durations.min(timeout, Duration.ofNanos(giveUpAt - now)));
  }

  /**
   * How long to wait before the next try.
   *
   * @param chance in [0, 1)
   * @throws AssayException what the caller is told, when it was the last one
   */
  Duration delay(AssayException error, long now, double chance) {
    failures++;
    if (error instanceof Unavailable unavailable) {
      absence = unavailable;
    }
    Duration delay = backoff(error, chance);
    if (!isWorthIt(error) || now + delay.toNanos() - giveUpAt >= 0) {
      throw verdict(error);
    }
    return delay;
  }

  private Duration backoff(AssayException error, double chance) {
    double grown = config.initialBackoff().toNanos() * Math.pow(config.multiplier(), Math.min(failures - 1, 10));
    double backoff = Math.min(config.maxBackoff().toNanos(), grown);
    // Full jitter above half: workers that lost the same server do not come back at the same moment.
    Duration delay = Duration.ofNanos(Math.round(backoff * (0.5 + 0.5 * chance)));
    return Durations.max(delay, error.retryAfter().orElse(Duration.ZERO));
  }

  /** Only what is safe to repeat gets here: reads, and acts under one request id. ABORTED is never repeated. */
  private static boolean isWorthIt(AssayException error) {
    if (error instanceof Overloaded) {
      return error.retryAfter().isPresent(); // otherwise a quota that no waiting brings back
    }
    return error instanceof Unavailable || error instanceof DeadlineExceeded;
  }

  private AssayException verdict(AssayException error) {
    if (!(error instanceof DeadlineExceeded) || !error.reason().isEmpty()) {
      return error;
    }
    if (absence != null) { // says more than that time ran out: who refused, and why
      return absence;
    }
    if (hasMet) {
      return error;
    }
    String within = String.valueOf(connectTimeout.toMillis() / 1000.0).replaceAll("\\.0$", "");
    return new Unavailable(
        "no server answers at " + address + " within " + within + " s",
        AssayException.Facts.of(Status.Code.UNAVAILABLE));
  }
}
