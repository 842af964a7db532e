package dev.assay.executor;

import com.google.gson.Gson;
import dev.assay.ActiveTrial;
import dev.assay.Client;
import dev.assay.Study;
import dev.assay.v1.CompleteTrialRequest;
import dev.assay.v1.Measurement;
import dev.assay.v1.MetricValue;
import dev.assay.v1.ReportMeasurementsRequest;
import dev.assay.v1.SuggestTrialsRequest;
import dev.assay.v1.Trial;
import dev.assay.v1.TrialServiceGrpc;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * What a cycle (ask, report, complete) costs with the client and with the bare stubs, one after the other against one server.
 * {@code tests/bench/clients.py} runs it with an address, a study with enough trials in its queue, and a number of rounds.
 */
public final class Bench {
  private Bench() {}

  /** Prints the milliseconds of all cycles. */
  public static void main(String[] arguments) {
    int rounds = Integer.parseInt(arguments[2]);
    try (Client client = Client.to(arguments[0])) {
      Study study = client.getStudy(arguments[1]);
      TrialServiceGrpc.TrialServiceBlockingStub stub = TrialServiceGrpc.newBlockingStub(client.channel());
      double[] through = new double[rounds];
      double[] bare = new double[rounds];
      for (int i = 0; i < rounds; i++) {
        bare[i] = byStub(stub, study.name()) / 1e6;
        through[i] = byClient(study) / 1e6;
      }
      System.out.println(new Gson().toJson(Map.of("client_ms", through, "bare_ms", bare)));
    }
  }

  private static long byClient(Study study) {
    long begun = System.nanoTime();
    ActiveTrial trial = study.ask("bench", 1, Optional.empty()).get(0);
    trial.report(Map.of("loss", 0.5));
    trial.complete();
    return System.nanoTime() - begun;
  }

  private static long byStub(TrialServiceGrpc.TrialServiceBlockingStub stub, String study) {
    long begun = System.nanoTime();
    SuggestTrialsRequest asked =
        SuggestTrialsRequest.newBuilder().setParent(study).setWorker("bench").setCount(1).setRequestId(id()).build();
    Trial trial = stub.suggestTrials(asked).getTrials(0);
    MetricValue value = MetricValue.newBuilder().setValue(0.5).build();
    ReportMeasurementsRequest reported =
        ReportMeasurementsRequest.newBuilder()
            .setName(trial.getName())
            .setLeaseToken(trial.getLease().getToken())
            .addMeasurements(Measurement.newBuilder().putMetrics("loss", value))
            .setRequestId(id())
            .build();
    stub.reportMeasurements(reported);
    stub.completeTrial(
        CompleteTrialRequest.newBuilder()
            .setName(trial.getName())
            .setLeaseToken(trial.getLease().getToken())
            .setRequestId(id())
            .build());
    return System.nanoTime() - begun;
  }

  private static String id() {
    return UUID.randomUUID().toString().replace("-", "");
  }
}
