package dev.assay;

import dev.assay.AssayException.InvalidArgument;
import io.grpc.ChannelCredentials;
import io.grpc.TlsChannelCredentials;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Which certificates to trust, and which one to show. All files are PEM.
 *
 * @param ca of the authorities; the system's when empty
 * @param certificate the client's own chain, for mutual TLS; together with its key
 * @param key its key
 * @param serverName name in the server's certificate, when it is not the address
 */
public record Tls(Optional<Path> ca, Optional<Path> certificate, Optional<Path> key, Optional<String> serverName) {
  /** Trust the system's authorities. */
  public static Tls system() {
    return new Tls(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
  }

  /** Trust these authorities. */
  public static Tls withCa(Path ca) {
    return new Tls(Optional.of(ca), Optional.empty(), Optional.empty(), Optional.empty());
  }

  /** The same, showing a certificate. */
  public Tls identity(Path certificate, Path key) {
    return new Tls(ca, Optional.of(certificate), Optional.of(key), serverName);
  }

  /** The same, with another name of the server. */
  public Tls serverName(String name) {
    return new Tls(ca, certificate, key, Optional.of(name));
  }

  ChannelCredentials credentials() {
    TlsChannelCredentials.Builder builder = TlsChannelCredentials.newBuilder();
    try {
      if (ca.isPresent()) {
        builder.trustManager(ca.get().toFile());
      }
      if (certificate.isPresent() && key.isPresent()) {
        builder.keyManager(certificate.get().toFile(), key.get().toFile());
      }
      return builder.build();
    } catch (IOException error) {
      throw InvalidArgument.of("tls", String.valueOf(error));
    }
  }
}
