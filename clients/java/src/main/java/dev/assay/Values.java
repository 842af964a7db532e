package dev.assay;

import dev.assay.AssayException.InvalidArgument;
import dev.assay.v1.Configuration;
import dev.assay.v1.Value;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Values of parameters: Boolean, Long, Double and String here, {@code assay.v1.Value} on the wire. */
final class Values {
  private Values() {}

  /** A value of the kind that the object has in Java; whole numbers are Long, Integer, Short or Byte. */
  static Value toWire(Object value, String where) {
    Value.Builder message = Value.newBuilder();
    if (value instanceof Boolean truth) {
      return message.setBooleanValue(truth).build();
    }
    if (value instanceof String text) {
      return message.setStringValue(text).build();
    }
    if (value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte) {
      return message.setIntegerValue(((Number) value).longValue()).build();
    }
    if (value instanceof Double || value instanceof Float) {
      return message.setDoubleValue(((Number) value).doubleValue()).build();
    }
    throw InvalidArgument.of(where, value + " is not a boolean, a whole number, a double or a string");
  }

  static List<Value> allToWire(Collection<?> values, String where) {
    return values.stream().map(value -> toWire(value, where)).toList();
  }

  static Configuration toWire(Map<String, ?> params) {
    Configuration.Builder message = Configuration.newBuilder();
    params.forEach((name, value) -> message.putValues(name, toWire(value, name)));
    return message.build();
  }

  /** Values of a kind that a newer server invented are left out. */
  static Map<String, Object> fromWire(Configuration message) {
    Map<String, Object> params = new LinkedHashMap<>();
    message.getValuesMap().forEach(
        (name, value) -> {
          switch (value.getKindCase()) {
            case DOUBLE_VALUE -> params.put(name, value.getDoubleValue());
            case INTEGER_VALUE -> params.put(name, value.getIntegerValue());
            case STRING_VALUE -> params.put(name, value.getStringValue());
            case BOOLEAN_VALUE -> params.put(name, value.getBooleanValue());
            default -> { }
          }
        });
    return params;
  }
}
