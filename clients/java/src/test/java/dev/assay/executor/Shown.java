package dev.assay.executor;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.assay.ActiveTrial;
import dev.assay.AssayException;
import dev.assay.Directive;
import dev.assay.Params;
import dev.assay.Study;
import dev.assay.TrialRecord;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How things look on the lines of the conformance suite (tests/conformance/README.md). */
final class Shown {
  private Shown() {}

  static JsonObject study(Study shown) {
    JsonObject told = new JsonObject();
    told.addProperty("name", shown.name());
    told.addProperty("state", shown.state().name());
    told.addProperty("end_reason", shown.endReason());
    told.addProperty("is_over", shown.isOver());
    told.addProperty("seed", Long.toString(shown.seed()));
    told.addProperty("spec", Base64.getEncoder().encodeToString(shown.spec().toByteArray()));
    return told;
  }

  static JsonObject trial(ActiveTrial shown) {
    JsonObject told = directive(shown.directive());
    told.addProperty("name", shown.name());
    told.addProperty("number", Long.toString(shown.number()));
    told.addProperty("attempt", Long.toString(shown.attempt()));
    told.addProperty("seed", Long.toString(shown.seed()));
    told.add("params", params(shown.params()));
    told.addProperty("checkpoint", shown.checkpoint().orElse(null));
    told.addProperty("start_step", Long.toString(shown.startStep()));
    told.addProperty("should_stop", shown.shouldStop());
    return told;
  }

  static JsonObject record(TrialRecord shown) {
    JsonObject metrics = new JsonObject();
    shown.metrics().forEach((name, value) -> metrics.addProperty(name, Double.toString(value)));
    JsonObject told = new JsonObject();
    told.addProperty("number", Long.toString(shown.number()));
    told.addProperty("state", shown.state().name());
    told.add("params", params(shown.params()));
    told.add("metrics", metrics);
    told.addProperty("steps", Long.toString(shown.steps()));
    told.addProperty("checkpoint", shown.checkpoint().orElse(null));
    return told;
  }

  static JsonObject visit(ActiveTrial shown, List<Long> steps) {
    JsonArray listed = new JsonArray();
    steps.forEach(step -> listed.add(Long.toString(step)));
    JsonObject told = new JsonObject();
    told.addProperty("number", Long.toString(shown.number()));
    told.addProperty("attempt", Long.toString(shown.attempt()));
    told.addProperty("start_step", Long.toString(shown.startStep()));
    told.addProperty("checkpoint", shown.checkpoint().orElse(null));
    told.add("steps", listed);
    told.addProperty("action", shown.directive().action().name());
    told.addProperty("reason", shown.directive().reason());
    return told;
  }

  static JsonObject directive(Directive shown) {
    JsonObject told = new JsonObject();
    told.addProperty("action", shown.action().name());
    told.addProperty("reason", shown.reason());
    shown.untilStep().ifPresent(step -> told.addProperty("until_step", Long.toString(step)));
    return told;
  }

  static JsonObject error(Exception raised) {
    JsonObject told = new JsonObject();
    if (!(raised instanceof AssayException error)) {
      told.addProperty("kind", "Foreign");
      told.addProperty("message", raised.toString());
      return told;
    }
    JsonObject metadata = new JsonObject();
    error.metadata().forEach(metadata::addProperty);
    JsonArray violations = new JsonArray();
    for (AssayException.Violation violation : error.violations()) {
      JsonObject one = new JsonObject();
      one.addProperty("field", violation.field());
      one.addProperty("description", violation.description());
      violations.add(one);
    }
    boolean isRoot = error.getClass() == AssayException.class;
    told.addProperty("kind", isRoot ? "AssayError" : error.getClass().getSimpleName());
    told.addProperty("code", error.code().name());
    told.addProperty("reason", error.reason());
    told.addProperty("message", error.getMessage());
    told.add("metadata", metadata);
    told.add("violations", violations);
    return told;
  }

  /** The toy that `work` trains: base + Σ by_param · params + over_step / step, for each metric. */
  static Map<String, Double> measured(JsonObject formulas, Params given, long step) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    formulas.entrySet().forEach(
        entry -> metrics.put(entry.getKey(), value(entry.getValue().getAsJsonObject(), given, step)));
    return metrics;
  }

  /** Doubles by name; none when there is no object. */
  static Map<String, Double> numbers(JsonElement found) {
    Map<String, Double> numbers = new LinkedHashMap<>();
    if (found != null && found.isJsonObject()) {
      found.getAsJsonObject().entrySet().forEach(
          entry -> numbers.put(entry.getKey(), Double.parseDouble(entry.getValue().getAsString())));
    }
    return numbers;
  }

  private static double value(JsonObject formula, Params given, long step) {
    double sum = part(formula, "base");
    for (Map.Entry<String, Double> term : numbers(formula.get("by_param")).entrySet()) {
      sum += given.has(term.getKey()) ? term.getValue() * given.getDouble(term.getKey()) : 0;
    }
    return sum + part(formula, "over_step") / step;
  }

  private static double part(JsonObject formula, String name) {
    return formula.has(name) ? Double.parseDouble(formula.get(name).getAsString()) : 0;
  }

  private static JsonObject params(Params shown) {
    JsonObject told = new JsonObject();
    shown.values().forEach(
        (name, value) -> {
          JsonObject scalar = new JsonObject();
          if (value instanceof Boolean truth) {
            scalar.addProperty("boolean", truth);
          } else if (value instanceof Long whole) {
            scalar.addProperty("integer", Long.toString(whole));
          } else if (value instanceof Double real) {
            scalar.addProperty("double", Double.toString(real));
          } else {
            scalar.addProperty("string", (String) value);
          }
          told.add(name, scalar);
        });
    return told;
  }
}
