package dev.assay;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** The shipped service config: deadlines and the retry policy that every client has. */
final class ServiceConfig {
  private static final JsonObject CONFIG = read();

  private ServiceConfig() {}

  /** How calls of a method are tried again; without a timeout, it is a stream. */
  record Method(Optional<Duration> timeout, Duration initialBackoff, Duration maxBackoff, double multiplier) {}

  /**
   * As grpc-java's channels take it, without {@code waitForReady}: here a call's own option would not win over it. A refused
   * connection is told at once, with its reason, and {@link Effort} does the waiting.
   */
  static Map<String, ?> forChannels() {
    JsonObject config = CONFIG.deepCopy();
    config.getAsJsonArray("methodConfig").forEach(entry -> entry.getAsJsonObject().remove("waitForReady"));
    @SuppressWarnings("unchecked")
    Map<String, ?> map = new Gson().fromJson(config, Map.class);
    return map;
  }

  /** What the config says of {@code assay.v1.Service/Method}: an entry for the method wins over one for its service. */
  static Method of(String fullMethodName) {
    String[] parts = fullMethodName.split("/");
    JsonObject found = null;
    for (JsonElement entry : CONFIG.getAsJsonArray("methodConfig")) {
      for (JsonElement named : (JsonArray) entry.getAsJsonObject().get("name")) {
        JsonObject name = named.getAsJsonObject();
        if (!name.get("service").getAsString().equals(parts[0])) {
          continue;
        }
        if (name.has("method") && name.get("method").getAsString().equals(parts[1])) {
          return method(entry.getAsJsonObject());
        }
        if (!name.has("method")) {
          found = entry.getAsJsonObject();
        }
      }
    }
    return method(found);
  }

  private static Method method(JsonObject entry) {
    JsonObject policy = entry.getAsJsonObject("retryPolicy");
    return new Method(
        Optional.ofNullable(entry.get("timeout")).map(timeout -> seconds(timeout.getAsString())),
        seconds(policy.get("initialBackoff").getAsString()),
        seconds(policy.get("maxBackoff").getAsString()),
        policy.get("backoffMultiplier").getAsDouble());
  }

  private static Duration seconds(String text) {
    double seconds = Double.parseDouble(text.substring(0, text.length() - 1));
    return Duration.ofNanos(Math.round(seconds * 1e9));
  }

  private static JsonObject read() {
    try (Reader reader =
        new InputStreamReader(
            ServiceConfig.class.getResourceAsStream("/dev/assay/service_config.json"), StandardCharsets.UTF_8)) {
      return JsonParser.parseReader(reader).getAsJsonObject();
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }
}
