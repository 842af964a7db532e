package dev.assay;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptors;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** A channel, and what was learnt about who is at its other end. An interrupt cancels what waits here. */
final class Transport implements AutoCloseable {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final String address;
  private final ManagedChannel managed;
  private final Channel channel;
  private final Effort.Limits limits;
  private volatile boolean hasMet;

  Transport(String address, ManagedChannel managed, Optional<String> token, Effort.Limits limits) {
    this.address = address;
    this.managed = managed;
    this.limits = limits;
    Metadata headers = new Metadata();
    token.ifPresent(text -> headers.put(AUTHORIZATION, "Bearer " + text));
    this.channel = ClientInterceptors.intercept(managed, MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  /** How one run of a call differs from the usual: a worker depends on it; a limit of one try; a limit of all. */
  record Terms(boolean isPatient, Optional<Duration> timeout, Optional<Duration> patience) {
    static final Terms USUAL = new Terms(false, Optional.empty(), Optional.empty());
    static final Terms PATIENT = new Terms(true, Optional.empty(), Optional.empty());
  }

  Channel channel() {
    return channel;
  }

  /** Run a call until it is answered, refused, or not worth trying any more. */
  <Q, A> A run(MethodDescriptor<Q, A> method, Q request, Terms terms) {
    ServiceConfig.Method config = ServiceConfig.of(method.getFullMethodName());
    Duration usual = limits.timeout().or(config::timeout).orElse(limits.patience());
    Duration timeout = terms.timeout().orElse(usual);
    Duration allowed = terms.isPatient() ? limits.patience() : Durations.max(usual, timeout);
    Effort effort =
        new Effort(config, limits, address, hasMet, terms.patience().orElse(allowed), timeout, System.nanoTime());
    while (true) {
      try {
        return once(method, request, effort.timeout(System.nanoTime()));
      } catch (AssayException error) {
        pause(effort.delay(error, System.nanoTime(), ThreadLocalRandom.current().nextDouble()));
      }
    }
  }

  /** One try. */
  <Q, A> A once(MethodDescriptor<Q, A> method, Q request, Duration timeout) {
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS);
    ListenableFuture<A> answer = ClientCalls.futureUnaryCall(channel.newCall(method, options), request);
    try {
      A found = answer.get();
      hasMet = true;
      return found;
    } catch (InterruptedException interrupted) {
      answer.cancel(true);
      throw cancelled();
    } catch (ExecutionException failed) {
      if (!(failed.getCause() instanceof StatusRuntimeException failure)) {
        throw new IllegalStateException(failed.getCause());
      }
      AssayException error = AssayException.from(failure, address);
      hasMet = hasMet || !error.reason().isEmpty();
      if (error instanceof AssayException.Unavailable) {
        // A server that restarts is found again soon: gRPC's own backoff, up to 2 minutes, would outlast a lease.
        managed.resetConnectBackoff();
      }
      throw error;
    }
  }

  /** Wait. */
  static void pause(Duration delay) {
    try {
      TimeUnit.NANOSECONDS.sleep(delay.toNanos());
    } catch (InterruptedException interrupted) {
      throw cancelled();
    }
  }

  @Override
  public void close() {
    managed.shutdownNow();
  }

  private static CancellationException cancelled() {
    Thread.currentThread().interrupt();
    return new CancellationException("interrupted; whether the call had an effect is not known");
  }
}
