package dev.assay.executor;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.assay.ActiveTrial;
import dev.assay.Client;
import dev.assay.Preempted;
import dev.assay.Report;
import dev.assay.Study;
import dev.assay.StudySpec;
import dev.assay.Tls;
import dev.assay.TrialRecord;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The executor of the Java client for the conformance suite: commands from standard input, one answer a line. */
public final class Executor {
  private final Map<String, Client> clients = new HashMap<>();
  private final Map<String, Study> studies = new HashMap<>();
  private final Map<String, ActiveTrial> trials = new HashMap<>();
  private final Map<String, Act> acts =
      Map.ofEntries(
          Map.entry("hello", this::hello),
          Map.entry("connect", this::connect),
          Map.entry("close", this::close),
          Map.entry("create_study", this::createStudy),
          Map.entry("get_study", this::getStudy),
          Map.entry("ask", this::ask),
          Map.entry("work", this::work),
          Map.entry("front", this::front),
          Map.entry("get_trial", this::getTrial),
          Map.entry("list_trials", this::listTrials),
          Map.entry("hold", this::hold),
          Map.entry("leave", this::leave),
          Map.entry("report", this::report),
          Map.entry("complete", this::complete),
          Map.entry("fail", this::fail),
          Map.entry("release", this::release),
          Map.entry("peek", c -> Shown.trial(trial(c))));

  @FunctionalInterface
  private interface Act {
    JsonObject of(JsonObject command) throws Exception;
  }

  /** Answer until standard input ends. */
  public static void main(String[] arguments) throws IOException {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    Executor executor = new Executor();
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      JsonObject command = JsonParser.parseString(line).getAsJsonObject();
      JsonObject answer = executor.answer(command);
      answer.add("id", command.get("id"));
      out.println(answer);
    }
    System.exit(0); // without waiting for what is held
  }

  private JsonObject answer(JsonObject command) {
    JsonObject answer = new JsonObject();
    String name = text(command, "do");
    Act act = acts.get(name);
    if (act == null) {
      answer.addProperty("unsupported", name);
      return answer;
    }
    try {
      answer.add("ok", act.of(command));
    } catch (Exception raised) {
      answer.add("error", Shown.error(raised));
    }
    return answer;
  }

  private JsonObject hello(JsonObject c) {
    JsonObject told = new JsonObject();
    told.addProperty("language", "java");
    told.addProperty("version", Optional.ofNullable(Client.class.getPackage().getImplementationVersion()).orElse("0"));
    told.addProperty("protocol", 1);
    return told;
  }

  private JsonObject connect(JsonObject c) {
    Client.Builder builder = Client.builder(text(c, "address"));
    maybe(c, "project").ifPresent(builder::project);
    maybe(c, "token").ifPresent(builder::token);
    milliseconds(c, "timeout_ms").ifPresent(builder::timeout);
    milliseconds(c, "connect_timeout_ms").ifPresent(builder::connectTimeout);
    milliseconds(c, "patience_ms").ifPresent(builder::patience);
    if (isTrue(c, "tls")) {
      Tls trusted = maybe(c, "ca").map(Path::of).map(Tls::withCa).orElseGet(Tls::system);
      builder.tls(maybe(c, "server_name").map(trusted::serverName).orElse(trusted));
    }
    clients.put(text(c, "as"), builder.build());
    return new JsonObject();
  }

  private JsonObject close(JsonObject c) {
    clients.get(text(c, "on")).close();
    return new JsonObject();
  }

  private JsonObject createStudy(JsonObject c) throws IOException {
    byte[] packed = Base64.getDecoder().decode(text(c, "spec"));
    StudySpec spec = StudySpec.of(dev.assay.v1.StudySpec.parseFrom(packed));
    return keep(c, clients.get(text(c, "on")).createStudy(text(c, "study"), spec));
  }

  private JsonObject getStudy(JsonObject c) {
    return keep(c, clients.get(text(c, "on")).getStudy(text(c, "study")));
  }

  private JsonObject keep(JsonObject c, Study study) {
    studies.put(text(c, "as"), study);
    return Shown.study(study);
  }

  private JsonObject ask(JsonObject c) throws Exception {
    Study study = study(c);
    int count = c.has("count") ? c.get("count").getAsInt() : 1;
    CompletableFuture<List<ActiveTrial>> asking =
        study.askAsync(text(c, "worker"), count, milliseconds(c, "timeout_ms"));
    List<ActiveTrial> found;
    try {
      Optional<Duration> limit = milliseconds(c, "cancel_ms");
      found = limit.isPresent() ? asking.get(limit.get().toMillis(), TimeUnit.MILLISECONDS) : asking.get();
    } catch (TimeoutException late) {
      asking.cancel(true);
      JsonObject told = new JsonObject();
      told.addProperty("cancelled", true);
      return told;
    } catch (ExecutionException failed) {
      throw failed.getCause() instanceof Exception cause ? cause : failed;
    }
    JsonArray told = new JsonArray();
    JsonArray names = c.has("as") ? c.getAsJsonArray("as") : new JsonArray();
    for (int i = 0; i < found.size(); i++) {
      told.add(Shown.trial(found.get(i)));
      if (i < names.size()) {
        trials.put(names.get(i).getAsString(), found.get(i));
      }
    }
    JsonObject answer = new JsonObject();
    answer.add("trials", told);
    answer.addProperty("is_over", study.isOver());
    answer.addProperty("end_reason", study.endReason());
    return answer;
  }

  private JsonObject work(JsonObject c) throws Exception {
    Study study = study(c);
    JsonArray visits = new JsonArray();
    for (ActiveTrial trial : study.trials(text(c, "worker"))) {
      List<Long> steps = new ArrayList<>();
      trial.run(held -> train(c, held, steps));
      visits.add(Shown.visit(trial, steps));
      if (c.has("max_trials") && visits.size() == c.get("max_trials").getAsInt()) {
        break;
      }
    }
    JsonObject answer = new JsonObject();
    answer.add("trials", visits);
    answer.addProperty("end_reason", study.endReason());
    return answer;
  }

  private static void train(JsonObject c, ActiveTrial trial, List<Long> steps) throws InterruptedException {
    for (long step : trial.steps()) {
      Thread.sleep(milliseconds(c, "step_ms").orElse(Duration.ZERO).toMillis());
      Report report = Report.of(Shown.measured(c.getAsJsonObject("metrics"), trial.params(), step));
      trial.report(isTrue(c, "checkpoints") ? report.checkpoint("file:///" + trial.number() + "/" + step) : report);
      steps.add(step);
      if (trial.untilStep().isEmpty()) {
        break;
      }
    }
  }

  private JsonObject front(JsonObject c) {
    return records(study(c).front().trials());
  }

  private JsonObject getTrial(JsonObject c) {
    return Shown.record(study(c).trial(Long.parseLong(text(c, "number"))));
  }

  private JsonObject listTrials(JsonObject c) {
    return records(study(c).listTrials(maybe(c, "filter").orElse(""), maybe(c, "order_by").orElse("")));
  }

  private static JsonObject records(Iterable<TrialRecord> found) {
    JsonArray told = new JsonArray();
    found.forEach(record -> told.add(Shown.record(record)));
    JsonObject answer = new JsonObject();
    answer.add("trials", told);
    return answer;
  }

  private JsonObject hold(JsonObject c) {
    trial(c).hold();
    return new JsonObject();
  }

  private JsonObject leave(JsonObject c) {
    String message = maybe(c, "message").orElse("");
    trial(c)
        .leave(
            switch (text(c, "how")) {
              case "done" -> null;
              case "error" -> new IllegalStateException(message);
              default -> new Preempted(message);
            });
    return new JsonObject();
  }

  private JsonObject report(JsonObject c) {
    Report report = Report.of(Shown.numbers(c.get("metrics")));
    for (Map.Entry<String, Double> sem : Shown.numbers(c.get("sem")).entrySet()) {
      report = report.sem(sem.getKey(), sem.getValue());
    }
    report = maybe(c, "step").map(Long::parseLong).map(report::step).orElse(report);
    report = maybe(c, "checkpoint").map(report::checkpoint).orElse(report);
    report = maybe(c, "cost").map(Double::parseDouble).map(report::cost).orElse(report);
    ActiveTrial trial = trial(c);
    JsonObject told = Shown.directive(trial.report(report));
    told.addProperty("should_stop", trial.shouldStop());
    return told;
  }

  private JsonObject complete(JsonObject c) {
    Report result = Report.of(Shown.numbers(c.get("metrics")));
    return state(trial(c).complete(maybe(c, "checkpoint").map(result::checkpoint).orElse(result)));
  }

  private JsonObject fail(JsonObject c) {
    String message = text(c, "message");
    if (isTrue(c, "infeasible")) {
      return state(trial(c).infeasible(message));
    }
    return state(isTrue(c, "permanent") ? trial(c).failForGood(message) : trial(c).fail(message));
  }

  private JsonObject release(JsonObject c) {
    String message = maybe(c, "message").orElse("");
    Optional<String> checkpoint = maybe(c, "checkpoint");
    return state(checkpoint.isPresent() ? trial(c).release(checkpoint.get(), message) : trial(c).release(message));
  }

  private static JsonObject state(dev.assay.TrialState state) {
    JsonObject told = new JsonObject();
    told.addProperty("state", state.name());
    return told;
  }

  private Study study(JsonObject c) {
    return studies.get(text(c, "on"));
  }

  private ActiveTrial trial(JsonObject c) {
    return trials.get(text(c, "on"));
  }

  private static String text(JsonObject c, String name) {
    return c.get(name).getAsString();
  }

  private static Optional<String> maybe(JsonObject c, String name) {
    return Optional.ofNullable(c.get(name)).filter(found -> !found.isJsonNull()).map(JsonElement::getAsString);
  }

  private static boolean isTrue(JsonObject c, String name) {
    return c.has(name) && c.get(name).getAsBoolean();
  }

  private static Optional<Duration> milliseconds(JsonObject c, String name) {
    return Optional.ofNullable(c.get(name)).map(found -> Duration.ofMillis(found.getAsLong()));
  }
}
