package dev.assay;

import dev.assay.AssayException.InvalidArgument;
import java.util.Map;

/**
 * A value for each active parameter of a trial, derived and fixed ones included.
 *
 * @param values by name: Double, Long, String or Boolean
 */
public record Params(Map<String, Object> values) {
  /** Not to be changed any more. */
  public Params {
    values = Map.copyOf(values);
  }

  /** Whether the parameter is active. */
  public boolean has(String name) {
    return values.containsKey(name);
  }

  /**
   * A number; a whole one counts as the real one that it is.
   *
   * @throws InvalidArgument when there is no such parameter in this trial or it is not a number
   */
  public double getDouble(String name) {
    return get(name, Number.class, "a number").doubleValue();
  }

  /**
   * A whole number.
   *
   * @throws InvalidArgument as {@link #getDouble}
   */
  public long getLong(String name) {
    return get(name, Long.class, "a whole number");
  }

  /**
   * A text.
   *
   * @throws InvalidArgument as {@link #getDouble}
   */
  public String getString(String name) {
    return get(name, String.class, "a text");
  }

  /**
   * A truth value.
   *
   * @throws InvalidArgument as {@link #getDouble}
   */
  public boolean getBoolean(String name) {
    return get(name, Boolean.class, "a truth value");
  }

  private <T> T get(String name, Class<T> type, String wanted) {
    Object value = values.get(name);
    if (value == null) {
      throw InvalidArgument.of(name, "is not among the active parameters " + values.keySet().stream().sorted().toList());
    }
    if (!type.isInstance(value)) {
      throw InvalidArgument.of(name, value + " is not " + wanted);
    }
    return type.cast(value);
  }
}
