package dev.assay;

import java.time.Duration;

/** Durations of the wire. */
final class Durations {
  private Durations() {}

  static Duration fromWire(com.google.protobuf.Duration message) {
    return Duration.ofSeconds(message.getSeconds(), message.getNanos());
  }

  static com.google.protobuf.Duration toWire(Duration duration) {
    return com.google.protobuf.Duration.newBuilder()
        .setSeconds(duration.getSeconds())
        .setNanos(duration.getNano())
        .build();
  }

  static Duration clamp(Duration duration, Duration shortest, Duration longest) {
    return duration.compareTo(shortest) < 0 ? shortest : min(duration, longest);
  }

  static Duration min(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  static Duration max(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? other : one;
  }
}
