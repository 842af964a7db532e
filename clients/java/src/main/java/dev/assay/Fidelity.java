package dev.assay;

import dev.assay.v1.CostModel;
import java.util.Arrays;

/** What a cheap evaluation spends less of, counted in whole steps. Immutable: each method gives a new one. */
public final class Fidelity {
  private final dev.assay.v1.Fidelity message;

  private Fidelity(dev.assay.v1.Fidelity message) {
    this.message = message;
  }

  /** Steps of that name ("epoch"), from the cheapest evaluation to a full one. */
  public static Fidelity of(String name, long min, long max) {
    return new Fidelity(dev.assay.v1.Fidelity.newBuilder().setName(name).setMin(min).setMax(max).build());
  }

  /** Ratio between rungs; 3 when not given. */
  public Fidelity eta(double eta) {
    return new Fidelity(message.toBuilder().setEta(eta).build());
  }

  /** The rungs themselves, from min to max. */
  public Fidelity rungs(long... rungs) {
    return new Fidelity(message.toBuilder().clearRungs().addAllRungs(Arrays.stream(rungs).boxed().toList()).build());
  }

  /** What a step costs before any trial has told, in the unit of the budget's cost. */
  public Fidelity costModel(double startupCost, double costPerStep) {
    CostModel.Builder cost = CostModel.newBuilder().setStartupCost(startupCost).setCostPerStep(costPerStep);
    return new Fidelity(message.toBuilder().setCostModel(cost).build());
  }

  dev.assay.v1.Fidelity toWire() {
    return message;
  }
}
