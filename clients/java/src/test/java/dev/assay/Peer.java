package dev.assay;

import com.google.protobuf.Duration;
import dev.assay.v1.CompleteTrialRequest;
import dev.assay.v1.CompleteTrialResponse;
import dev.assay.v1.DirectiveAction;
import dev.assay.v1.FailTrialRequest;
import dev.assay.v1.FailTrialResponse;
import dev.assay.v1.GetStudyRequest;
import dev.assay.v1.HeartbeatRequest;
import dev.assay.v1.HeartbeatResponse;
import dev.assay.v1.Lease;
import dev.assay.v1.ReleaseTrialRequest;
import dev.assay.v1.ReleaseTrialResponse;
import dev.assay.v1.ReportMeasurementsRequest;
import dev.assay.v1.ReportMeasurementsResponse;
import dev.assay.v1.StudyServiceGrpc;
import dev.assay.v1.SuggestTrialsRequest;
import dev.assay.v1.SuggestTrialsResponse;
import dev.assay.v1.Trial;
import dev.assay.v1.TrialServiceGrpc;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;

/** A server that misbehaves as a test tells it to, on a free port. */
final class Peer implements AutoCloseable {
  /** The only trial that it hands out. */
  static final String TRIAL = "projects/default/studies/s/trials/1";

  /** How the next reports are refused; then they are taken. */
  final Queue<StatusRuntimeException> refusals = new ConcurrentLinkedQueue<>();

  /** What heartbeats are answered with. */
  volatile DirectiveAction wish = DirectiveAction.DIRECTIVE_ACTION_CONTINUE;

  /** Suggestions are never answered. */
  volatile boolean isSilent;

  /** Counted down when a suggestion was given up by its caller. */
  final CountDownLatch givenUp = new CountDownLatch(1);

  /** Headers of the last call. */
  volatile Metadata headers = new Metadata();

  private final BlockingQueue<Seen> seen = new LinkedBlockingQueue<>();
  private final Server server;

  /** A call that arrived. */
  record Seen(String method, String requestId, String message) {}

  Peer() throws IOException {
    server =
        Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
            .addService(new Trials())
            .addService(new Studies())
            .intercept(new Ears())
            .build()
            .start();
  }

  String address() {
    return "localhost:" + server.getPort();
  }

  /** The next call of that method; others before it are passed over. */
  Seen next(String method) throws InterruptedException {
    while (true) {
      Seen call = seen.take();
      if (call.method.equals(method)) {
        return call;
      }
    }
  }

  /** The methods that were called and not looked at yet, heartbeats apart. */
  List<String> rest() {
    List<Seen> calls = new ArrayList<>();
    seen.drainTo(calls);
    return calls.stream().map(Seen::method).filter(method -> !method.equals("Heartbeat")).toList();
  }

  @Override
  public void close() {
    server.shutdownNow();
  }

  private static Lease lease() {
    return Lease.newBuilder()
        .setToken("t")
        .setTtl(Duration.newBuilder().setSeconds(1))
        .setHeartbeatInterval(Duration.newBuilder().setNanos(20_000_000))
        .build();
  }

  private static Trial ended(dev.assay.v1.TrialState state) {
    return Trial.newBuilder().setName(TRIAL).setState(state).build();
  }

  private static <T> void answer(StreamObserver<T> observer, T answer) {
    observer.onNext(answer);
    observer.onCompleted();
  }

  private final class Ears implements ServerInterceptor {
    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata metadata, ServerCallHandler<Q, A> next) {
      headers = metadata;
      return next.startCall(call, metadata);
    }
  }

  private static final class Studies extends StudyServiceGrpc.StudyServiceImplBase {
    @Override
    public void getStudy(GetStudyRequest request, StreamObserver<dev.assay.v1.Study> observer) {
      answer(observer, dev.assay.v1.Study.newBuilder().setName("projects/default/studies/s").build());
    }
  }

  private final class Trials extends TrialServiceGrpc.TrialServiceImplBase {
    @Override
    public void suggestTrials(SuggestTrialsRequest request, StreamObserver<SuggestTrialsResponse> observer) {
      seen.add(new Seen("SuggestTrials", request.getRequestId(), ""));
      if (isSilent) {
        ((ServerCallStreamObserver<SuggestTrialsResponse>) observer).setOnCancelHandler(givenUp::countDown);
        return;
      }
      Trial trial = Trial.newBuilder().setName(TRIAL).setNumber(1).setLease(lease()).build();
      answer(observer, SuggestTrialsResponse.newBuilder().addTrials(trial).build());
    }

    @Override
    public void reportMeasurements(
        ReportMeasurementsRequest request, StreamObserver<ReportMeasurementsResponse> observer) {
      seen.add(new Seen("ReportMeasurements", request.getRequestId(), ""));
      StatusRuntimeException refusal = refusals.poll();
      if (refusal != null) {
        observer.onError(refusal);
        return;
      }
      ReportMeasurementsResponse.Builder told =
          ReportMeasurementsResponse.newBuilder()
              .setState(dev.assay.v1.TrialState.TRIAL_STATE_RUNNING)
              .setLease(lease());
      told.getDirectiveBuilder().setAction(DirectiveAction.DIRECTIVE_ACTION_CONTINUE);
      answer(observer, told.build());
    }

    @Override
    public void completeTrial(CompleteTrialRequest request, StreamObserver<CompleteTrialResponse> observer) {
      seen.add(new Seen("CompleteTrial", request.getRequestId(), ""));
      Trial trial = ended(dev.assay.v1.TrialState.TRIAL_STATE_SUCCEEDED);
      answer(observer, CompleteTrialResponse.newBuilder().setTrial(trial).build());
    }

    @Override
    public void failTrial(FailTrialRequest request, StreamObserver<FailTrialResponse> observer) {
      seen.add(new Seen("FailTrial", request.getRequestId(), request.getMessage()));
      Trial trial = ended(dev.assay.v1.TrialState.TRIAL_STATE_QUEUED);
      answer(observer, FailTrialResponse.newBuilder().setTrial(trial).build());
    }

    @Override
    public void releaseTrial(ReleaseTrialRequest request, StreamObserver<ReleaseTrialResponse> observer) {
      seen.add(new Seen("ReleaseTrial", request.getRequestId(), request.getMessage()));
      Trial trial = ended(dev.assay.v1.TrialState.TRIAL_STATE_QUEUED);
      answer(observer, ReleaseTrialResponse.newBuilder().setTrial(trial).build());
    }

    @Override
    public void heartbeat(HeartbeatRequest request, StreamObserver<HeartbeatResponse> observer) {
      seen.add(new Seen("Heartbeat", "", ""));
      HeartbeatResponse.Builder told = HeartbeatResponse.newBuilder().setLease(lease());
      told.getDirectiveBuilder().setAction(wish);
      answer(observer, told.build());
    }
  }
}
