package dev.assay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Any;
import com.google.rpc.ErrorInfo;
import dev.assay.AssayException.LeaseLost;
import dev.assay.AssayException.Unavailable;
import dev.assay.v1.DirectiveAction;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The client against a server that misbehaves: what is said, how often, and under which id. */
@Timeout(60)
class FaultsTest {
  private Peer peer;
  private Client client;

  @BeforeEach
  void open() throws IOException {
    peer = new Peer();
    client = Client.to(peer.address());
  }

  @AfterEach
  void close() {
    client.close();
    peer.close();
  }

  private ActiveTrial trial() {
    return client.getStudy("s").ask("w", 1, Optional.empty()).get(0);
  }

  private static StatusRuntimeException lost() {
    ErrorInfo info =
        ErrorInfo.newBuilder().setReason("LEASE_LOST").setDomain("assay.dev").putMetadata("name", Peer.TRIAL).build();
    return StatusProto.toStatusRuntimeException(
        com.google.rpc.Status.newBuilder()
            .setCode(Status.Code.ABORTED.value())
            .setMessage("another worker has it")
            .addDetails(Any.pack(info))
            .build());
  }

  /** However often an act is tried, it has one id; the next act has another one. */
  @Test
  void aRetriedReportKeepsItsId() throws Exception {
    ActiveTrial trial = trial();
    peer.refusals.add(Status.UNAVAILABLE.asRuntimeException());
    peer.refusals.add(Status.DEADLINE_EXCEEDED.asRuntimeException());

    trial.report(Map.of("loss", 1.0));
    trial.report(Map.of("loss", 1.0));

    String first = peer.next("ReportMeasurements").requestId();
    assertEquals(32, first.length());
    assertEquals(first, peer.next("ReportMeasurements").requestId());
    assertEquals(first, peer.next("ReportMeasurements").requestId());
    assertNotEquals(first, peer.next("ReportMeasurements").requestId());
  }

  /** ABORTED is told once and ends the trial; the loop around goes on, and nothing more is said. */
  @Test
  void aLostLeaseEndsTheTrialAndNothingElse() throws Exception {
    ActiveTrial trial = trial();
    peer.refusals.add(lost());

    trial.run(held -> held.report(Map.of("loss", 1.0)));

    assertTrue(trial.shouldStop());
    assertFalse(trial.steps().iterator().hasNext());
    assertEquals(List.of("SuggestTrials", "ReportMeasurements"), peer.rest());
  }

  /** Outside of a body, the loss is an exception like any other. */
  @Test
  void aLostLeaseIsAnException() {
    ActiveTrial trial = trial();
    peer.refusals.add(lost());

    LeaseLost lost = assertThrows(LeaseLost.class, () -> trial.report(Map.of("loss", 1.0)));

    assertEquals("LEASE_LOST", lost.reason());
  }

  /** An exception of the body is the reason of the failure, with its trace, and comes out again. */
  @Test
  void anExceptionOfTheBodyFailsTheTrial() throws Exception {
    ActiveTrial trial = trial();
    IllegalStateException thrown = new IllegalStateException("out of memory");

    Exception caught =
        assertThrows(
            IllegalStateException.class,
            () ->
                trial.run(
                    held -> {
                      throw thrown;
                    }));

    assertEquals(thrown, caught);
    assertTrue(peer.next("FailTrial").message().startsWith("java.lang.IllegalStateException: out of memory\n"));
  }

  /** A body that ends after a report has a result; without one it has failed. */
  @Test
  void theEndOfTheBodyCompletesOrFails() throws Exception {
    trial().run(held -> held.report(Map.of("loss", 1.0)));
    trial().run(held -> { });

    assertEquals(
        List.of("SuggestTrials", "ReportMeasurements", "CompleteTrial", "SuggestTrials", "FailTrial"), peer.rest());
  }

  /** A worker that has to leave hands its trial back, and its loop ends. */
  @Test
  void preemptionHandsTheTrialBack() throws Exception {
    ActiveTrial trial = trial();

    assertThrows(
        Preempted.class,
        () ->
            trial.run(
                held -> {
                  throw new Preempted("spot instance is taken away");
                }));

    assertEquals("spot instance is taken away", peer.next("ReleaseTrial").message());
  }

  /** A thread that is interrupted while it trains hands its trial back, and stays interrupted. */
  @Test
  void anInterruptHandsTheTrialBack() throws Exception {
    ActiveTrial trial = trial();

    assertThrows(
        CancellationException.class,
        () ->
            trial.run(
                held -> {
                  Thread.currentThread().interrupt();
                  held.report(Map.of("loss", 1.0));
                }));

    assertTrue(Thread.interrupted());
    peer.next("ReleaseTrial");
  }

  /** A trial that is held beats; a STOP that a heartbeat brings ends the steps, and the trial is handed back. */
  @Test
  void aHeartbeatBringsTheStop() throws Exception {
    ActiveTrial trial = trial();
    peer.wish = DirectiveAction.DIRECTIVE_ACTION_STOP;

    trial.run(
        held -> {
          for (long step : held.steps()) {
            Thread.onSpinWait(); // stands for training, which reports nothing meanwhile
          }
        });

    peer.next("Heartbeat");
    peer.next("ReleaseTrial");
  }

  /** Cancelling the future of an ask cancels the call on the server. */
  @Test
  void aCancelledAskIsGivenUp() throws Exception {
    Study study = client.getStudy("s");
    peer.isSilent = true;
    CompletableFuture<List<ActiveTrial>> asking = study.askAsync("w", 1, Optional.empty());
    peer.next("SuggestTrials");

    asking.cancel(true);

    peer.givenUp.await();
    assertTrue(asking.isCancelled());
  }

  /** Token and version go along with every call. */
  @Test
  void callsCarryTheToken() {
    AtomicReference<Metadata> headers = new AtomicReference<>();
    try (Client known = Client.builder(peer.address()).token("secret").build()) {
      known.getStudy("s");
      headers.set(peer.headers);
    }

    assertEquals("Bearer secret", header(headers.get(), "authorization"));
    assertTrue(header(headers.get(), "user-agent").startsWith("assay-java/"));
  }

  /** A server that is not there is named within the connect timeout, and why it does not answer. */
  @Test
  void anAbsentServerIsNamed() throws IOException {
    int port;
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = taken.getLocalPort();
    }
    String nowhere = "127.0.0.1:" + port;
    try (Client lost = Client.builder(nowhere).connectTimeout(Duration.ofSeconds(5)).build()) {
      Unavailable error = assertThrows(Unavailable.class, () -> lost.getStudy("s"));

      assertTrue(error.getMessage().startsWith("no server answers at " + nowhere + ": "), error.getMessage());
      assertTrue(error.getMessage().contains("refused"), error.getMessage());
    }
  }

  private static String header(Metadata metadata, String name) {
    return metadata.get(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
  }
}
