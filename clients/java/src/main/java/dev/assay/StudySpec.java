package dev.assay;

import dev.assay.AssayException.InvalidArgument;
import dev.assay.v1.Comparison;
import dev.assay.v1.ComparabilityKey;
import dev.assay.v1.Freshness;
import dev.assay.v1.OutcomeConstraint;
import dev.assay.v1.ParameterConstraint;
import dev.assay.v1.Strategy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;

/** What a user says about a study, put together step by step. Nothing is judged before the study is created. */
public final class StudySpec {
  private final dev.assay.v1.StudySpec.Builder message;
  private final List<Bound> bounds = new ArrayList<>();
  private Set<String> tracked;

  private record Bound(String text, OptionalDouble softWeight) {}

  private StudySpec(dev.assay.v1.StudySpec.Builder message) {
    this.message = message;
  }

  /** Without anything yet; parameters and objectives are required. */
  public static StudySpec create() {
    return new StudySpec(dev.assay.v1.StudySpec.newBuilder());
  }

  /** What the contract's message says. */
  public static StudySpec of(dev.assay.v1.StudySpec message) {
    StudySpec spec = new StudySpec(message.toBuilder());
    spec.tracked = new LinkedHashSet<>(message.getTrackedMetricsList());
    return spec;
  }

  /** Add a parameter, in the order in which they shall be shown. */
  public StudySpec parameter(String name, Parameter parameter) {
    message.getSpaceBuilder().addParameters(parameter.named(name));
    return this;
  }

  /** Add an objective. */
  public StudySpec objective(Objective objective) {
    message.addObjectives(objective.toWire());
    return this;
  }

  /** Add a metric of which less is better. */
  public StudySpec minimize(String metric) {
    return objective(Objective.minimize(metric));
  }

  /** Add a metric of which more is better. */
  public StudySpec maximize(String metric) {
    return objective(Objective.maximize(metric));
  }

  /**
   * Add a bound such as {@code params <= 200_000} or {@code lr + 2*depth <= 3}. One whose names are all parameters
   * bounds configurations; one with a single other name bounds that metric.
   */
  public StudySpec constraint(String text) {
    bounds.add(new Bound(text, OptionalDouble.empty()));
    return this;
  }

  /** Add a bound on a metric that may be broken, at this price. */
  public StudySpec softConstraint(String text, double weight) {
    bounds.add(new Bound(text, OptionalDouble.of(weight)));
    return this;
  }

  /** Metrics that are kept and shown, but not optimised; when not given, those that constraints need. */
  public StudySpec tracked(String... metrics) {
    tracked = new LinkedHashSet<>(List.of(metrics));
    return this;
  }

  /** What a cheap evaluation spends less of. */
  public StudySpec fidelity(Fidelity fidelity) {
    message.setFidelity(fidelity.toWire());
    return this;
  }

  /** How much may be spent. */
  public StudySpec budget(Budget budget) {
    message.setBudget(budget.toWire());
    return this;
  }

  /** How to choose, as the contract's message; the server decides when not given. */
  public StudySpec strategy(Strategy strategy) {
    message.setStrategy(strategy);
    return this;
  }

  /** Each suggestion sees all results: with a seed and one worker the study is reproducible. */
  public StudySpec strict() {
    message.getStrategyBuilder().setFreshness(Freshness.FRESHNESS_STRICT);
    return this;
  }

  /** Source of all randomness; drawn by the server when not given. */
  public StudySpec seed(long seed) {
    message.setSeed(seed);
    return this;
  }

  /** Add a configuration that runs first. */
  public StudySpec baseline(Map<String, ?> params) {
    message.addBaselines(Values.toWire(params));
    return this;
  }

  /** Do not run the configuration of all defaults first. */
  public StudySpec noDefaultBaseline() {
    message.setNoDefaultBaseline(true);
    return this;
  }

  /** A trial that dies this many times is FAILED. */
  public StudySpec maxAttempts(int attempts) {
    message.setMaxAttempts(attempts);
    return this;
  }

  /** How long a worker may be silent. */
  public StudySpec leaseTtl(Duration ttl) {
    message.setLeaseTtl(Durations.toWire(ttl));
    return this;
  }

  /** What all trials must share to be ranked together. */
  public StudySpec comparability(ComparabilityKey key) {
    message.setComparability(key);
    return this;
  }

  /** For people. */
  public StudySpec description(String text) {
    message.setDescription(text);
    return this;
  }

  /** For filters. */
  public StudySpec label(String key, String value) {
    message.putLabels(key, value);
    return this;
  }

  /**
   * As the contract's message, with the constraints told apart.
   *
   * @throws InvalidArgument a constraint cannot be read or fits neither kind
   */
  public dev.assay.v1.StudySpec toMessage() {
    dev.assay.v1.StudySpec.Builder whole = message.clone();
    Set<String> names =
        whole.getSpace().getParametersList().stream().map(p -> p.getName()).collect(Collectors.toSet());
    for (Bound bound : bounds) {
      Linear.Comparison comparison = Linear.parseComparison(bound.text);
      if (names.containsAll(comparison.weights().keySet())) {
        whole.getSpaceBuilder().addConstraints(onParameters(bound, comparison));
      } else {
        whole.addConstraints(onMetric(bound, comparison, names));
      }
    }
    Set<String> metrics = tracked == null ? boundedMetrics(whole) : tracked;
    return whole.clearTrackedMetrics().addAllTrackedMetrics(metrics).build();
  }

  private static ParameterConstraint onParameters(Bound bound, Linear.Comparison comparison) {
    if (bound.softWeight.isPresent()) {
      throw InvalidArgument.of("constraint", "'" + bound.text + "': bounds parameters only; soft ones bound a metric");
    }
    return ParameterConstraint.newBuilder()
        .addAllTerms(Parameter.terms(comparison.weights()))
        .setComparison(side(comparison.atMost()))
        .setBound(comparison.bound())
        .build();
  }

  private static OutcomeConstraint onMetric(Bound bound, Linear.Comparison comparison, Set<String> names) {
    if (comparison.weights().size() > 1) {
      throw InvalidArgument.of("constraint", "'" + bound.text + "': " + mixture(comparison.weights().keySet(), names));
    }
    Map.Entry<String, Double> term = comparison.weights().entrySet().iterator().next();
    OutcomeConstraint.Builder constraint =
        OutcomeConstraint.newBuilder()
            .setMetric(term.getKey())
            .setComparison(side(comparison.atMost() == term.getValue() > 0))
            .setBound(comparison.bound() / term.getValue());
    bound.softWeight.ifPresent(constraint::setSoftWeight);
    return constraint.build();
  }

  private static String mixture(Set<String> used, Set<String> names) {
    List<String> others = used.stream().filter(name -> !names.contains(name)).toList();
    String unknown = String.join(", ", others);
    return others.size() < used.size()
        ? "mixes parameters with " + unknown + ", which the space does not have"
        : "bounds several metrics at once (" + unknown + "); a bound is on one metric, or on parameters alone";
  }

  private static Set<String> boundedMetrics(dev.assay.v1.StudySpec.Builder spec) {
    Set<String> found =
        spec.getConstraintsList().stream()
            .map(OutcomeConstraint::getMetric)
            .collect(Collectors.toCollection(LinkedHashSet::new));
    spec.getObjectivesList().forEach(objective -> found.remove(objective.getMetric()));
    return found;
  }

  private static Comparison side(boolean atMost) {
    return atMost ? Comparison.COMPARISON_LESS_EQUAL : Comparison.COMPARISON_GREATER_EQUAL;
  }
}
