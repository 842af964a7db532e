package dev.assay;

import dev.assay.AssayException.InvalidArgument;
import dev.assay.v1.BooleanParameter;
import dev.assay.v1.CategoricalParameter;
import dev.assay.v1.Condition;
import dev.assay.v1.DerivedParameter;
import dev.assay.v1.DoubleParameter;
import dev.assay.v1.FixedParameter;
import dev.assay.v1.IntegerParameter;
import dev.assay.v1.LinearTerm;
import dev.assay.v1.NormalPrior;
import dev.assay.v1.Scale;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** One dimension of the search space. Immutable: each method gives a new one. */
public final class Parameter {
  private final dev.assay.v1.Parameter message;

  private Parameter(dev.assay.v1.Parameter message) {
    this.message = message;
  }

  /** A real number in [low, high]. */
  public static Parameter real(double low, double high) {
    DoubleParameter kind = DoubleParameter.newBuilder().setMin(low).setMax(high).build();
    return new Parameter(dev.assay.v1.Parameter.newBuilder().setDouble(kind).build());
  }

  /** A whole number in [low, high]. */
  public static Parameter integer(long low, long high) {
    IntegerParameter kind = IntegerParameter.newBuilder().setMin(low).setMax(high).build();
    return new Parameter(dev.assay.v1.Parameter.newBuilder().setInteger(kind).build());
  }

  /** One of the values, which are all of one kind. */
  public static Parameter choice(Object... values) {
    CategoricalParameter.Builder kind = CategoricalParameter.newBuilder();
    kind.addAllValues(Values.allToWire(Arrays.asList(values), "choice"));
    return new Parameter(dev.assay.v1.Parameter.newBuilder().setCategorical(kind).build());
  }

  /** True or false. */
  public static Parameter bool() {
    BooleanParameter kind = BooleanParameter.getDefaultInstance();
    return new Parameter(dev.assay.v1.Parameter.newBuilder().setBoolean(kind).build());
  }

  /** One value, handed to every trial. */
  public static Parameter fixed(Object value) {
    FixedParameter kind = FixedParameter.newBuilder().setValue(Values.toWire(value, "fixed")).build();
    return new Parameter(dev.assay.v1.Parameter.newBuilder().setFixed(kind).build());
  }

  /**
   * A parameter computed from others: {@code 2 * width + 1}. It is handed to trials, not searched.
   *
   * @throws InvalidArgument the expression is not a weighted sum of parameters
   */
  public static Parameter derived(String expression) {
    Linear linear = Linear.parse(expression);
    if (linear.weights().isEmpty()) {
      throw InvalidArgument.of("derived", "'" + expression + "': names no parameter; use fixed()");
    }
    DerivedParameter.Builder kind = DerivedParameter.newBuilder().setConstant(linear.constant());
    kind.addAllTerms(terms(linear.weights()));
    return new Parameter(dev.assay.v1.Parameter.newBuilder().setDerived(kind).build());
  }

  /** Equal ratios are equally likely; for numbers above zero. */
  public Parameter log() {
    return numeric("log", of -> of.setScale(Scale.SCALE_LOG), of -> of.setScale(Scale.SCALE_LOG));
  }

  /** Values are low, low + step, … */
  public Parameter step(Number step) {
    return numeric("step", of -> of.setStep(step.doubleValue()), of -> of.setStep(whole("step", step)));
  }

  /** Good values are expected around the mean; the deviation is in decades on a log scale. */
  public Parameter prior(double mean, double standardDeviation) {
    NormalPrior prior = NormalPrior.newBuilder().setMean(mean).setStandardDeviation(standardDeviation).build();
    return numeric("prior", of -> of.setPrior(prior), of -> of.setPrior(prior));
  }

  /** The value of the baseline configuration. */
  public Parameter defaultValue(Object value) {
    dev.assay.v1.Parameter.Builder changed = message.toBuilder();
    switch (message.getKindCase()) {
      case DOUBLE -> changed.getDoubleBuilder().setDefaultValue(as("defaultValue", value, Number.class).doubleValue());
      case INTEGER -> changed.getIntegerBuilder().setDefaultValue(whole("defaultValue", value));
      case BOOLEAN -> changed.getBooleanBuilder().setDefaultValue(as("defaultValue", value, Boolean.class));
      case CATEGORICAL -> changed.getCategoricalBuilder().setDefaultValue(Values.toWire(value, "defaultValue"));
      default -> throw InvalidArgument.of("defaultValue", value + " does not fit the parameter's kind");
    }
    return new Parameter(changed.build());
  }

  /** Neighbours in the list of a choice are more alike than others. */
  public Parameter ordered() {
    return choiceOnly("ordered", of -> of.setOrdered(true));
  }

  /** How likely each value of a choice is good, one for each. */
  public Parameter weights(double... weights) {
    return choiceOnly("weights", of -> of.addAllPriorWeights(Arrays.stream(weights).boxed().toList()));
  }

  /** A derived value is rounded and handed over as a whole number. */
  public Parameter rounded() {
    if (!message.hasDerived()) {
      throw InvalidArgument.of("rounded", "is for derived parameters only");
    }
    return new Parameter(message.toBuilder().setDerived(message.getDerived().toBuilder().setInteger(true)).build());
  }

  /** The parameter exists only while the other one has one of these values; several conditions must all hold. */
  public Parameter when(String parameter, Object... values) {
    List<dev.assay.v1.Value> listed = Values.allToWire(Arrays.asList(values), "when");
    Condition condition = Condition.newBuilder().setParameter(parameter).addAllValues(listed).build();
    return new Parameter(message.toBuilder().addConditions(condition).build());
  }

  dev.assay.v1.Parameter named(String name) {
    return message.toBuilder().setName(name).build();
  }

  static List<LinearTerm> terms(Map<String, Double> weights) {
    return weights.entrySet().stream()
        .map(term -> LinearTerm.newBuilder().setName(term.getKey()).setWeight(term.getValue()).build())
        .toList();
  }

  private Parameter numeric(
      String what, UnaryOperator<DoubleParameter.Builder> real, UnaryOperator<IntegerParameter.Builder> integer) {
    dev.assay.v1.Parameter.Builder changed = message.toBuilder();
    switch (message.getKindCase()) {
      case DOUBLE -> real.apply(changed.getDoubleBuilder());
      case INTEGER -> integer.apply(changed.getIntegerBuilder());
      default -> throw InvalidArgument.of(what, "is for numbers only");
    }
    return new Parameter(changed.build());
  }

  private Parameter choiceOnly(String what, UnaryOperator<CategoricalParameter.Builder> change) {
    if (!message.hasCategorical()) {
      throw InvalidArgument.of(what, "is for choices only");
    }
    return new Parameter(message.toBuilder().setCategorical(change.apply(message.getCategorical().toBuilder())).build());
  }

  private static long whole(String what, Object value) {
    Number number = as(what, value, Number.class);
    if (number.doubleValue() != number.longValue()) {
      throw InvalidArgument.of(what, value + " is not a whole number");
    }
    return number.longValue();
  }

  private static <T> T as(String what, Object value, Class<T> type) {
    if (!type.isInstance(value)) {
      throw InvalidArgument.of(what, value + " does not fit the parameter's kind");
    }
    return type.cast(value);
  }
}
