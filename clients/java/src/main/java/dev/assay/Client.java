package dev.assay;

import dev.assay.AssayException.InvalidArgument;
import dev.assay.Transport.Terms;
import dev.assay.v1.CreateStudyRequest;
import dev.assay.v1.GetStudyRequest;
import dev.assay.v1.ListStudiesRequest;
import dev.assay.v1.ListStudiesResponse;
import dev.assay.v1.StudyServiceGrpc;
import io.grpc.Channel;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A connection to an Assay server. Threads may share it; close it.
 *
 * <p>Nothing is sent before the first call. A call is tried again while the server cannot be reached: for the connect timeout
 * at first contact, for as long as the client's patience lasts if a worker depends on it (asking, reporting, ending a
 * trial), for the timeout otherwise. Repeating is safe: every act has an id, and has one effect. An interrupt ends a call
 * that waits, with a {@link java.util.concurrent.CancellationException}.
 */
public final class Client implements AutoCloseable {
  /** Bytes; a rendered report has up to 4 MB. */
  private static final int LARGEST_ANSWER = 8 * 1024 * 1024;

  private final String project;
  private final Transport transport;
  private final Heartbeats heartbeats;

  private Client(String project, Transport transport) {
    this.project = project;
    this.transport = transport;
    this.heartbeats = new Heartbeats(transport);
  }

  /** A client of the server at this address, {@code host:port}, without TLS and token. */
  public static Client to(String address) {
    return builder(address).build();
  }

  /** The same with options. */
  public static Builder builder(String address) {
    return new Builder(address);
  }

  /** Says where the server is and how to speak to it. */
  public static final class Builder {
    private final String address;
    private String project = "default";
    private Optional<String> token = Optional.empty();
    private Optional<Tls> tls = Optional.empty();
    private Optional<Duration> timeout = Optional.empty();
    private Duration connectTimeout = Duration.ofSeconds(10);
    private Duration patience = Duration.ofMinutes(10);

    private Builder(String address) {
      this.address = address;
    }

    /** The tenant whose studies are meant; {@code default} when not given. */
    public Builder project(String project) {
      this.project = project;
      return this;
    }

    /** Shown to the server as a bearer token. */
    public Builder token(String token) {
      this.token = Optional.of(token);
      return this;
    }

    /** Speak TLS. */
    public Builder tls(Tls tls) {
      this.tls = Optional.of(tls);
      return this;
    }

    /** For a call to be answered; the service config's for its method when not given. */
    public Builder timeout(Duration timeout) {
      this.timeout = Optional.of(timeout);
      return this;
    }

    /** For the first call to be answered at all, 10 s when not given; a worker that may start before its server wants more. */
    public Builder connectTimeout(Duration connectTimeout) {
      this.connectTimeout = connectTimeout;
      return this;
    }

    /** How long a server may be away in the middle of a trial, 10 minutes when not given. */
    public Builder patience(Duration patience) {
      this.patience = patience;
      return this;
    }

    /**
     * The client; nothing is sent yet.
     *
     * @throws InvalidArgument naming the option that cannot be used
     */
    public Client build() {
      if (address.isEmpty() || address.contains("://")) {
        throw InvalidArgument.of("address", "'" + address + "' is not host:port");
      }
      if (token.filter(text -> !text.matches("[\\x20-\\x7e]*")).isPresent()) {
        throw InvalidArgument.of("token", "holds characters that a header cannot carry");
      }
      Effort.Limits limits = new Effort.Limits(timeout, connectTimeout, patience);
      return new Client(project, new Transport(address, channel(), token, limits));
    }

    private ManagedChannel channel() {
      ManagedChannelBuilder<?> builder =
          Grpc.newChannelBuilder(
              "dns:///" + address, tls.map(Tls::credentials).orElseGet(InsecureChannelCredentials::create));
      tls.flatMap(Tls::serverName).ifPresent(builder::overrideAuthority);
      return builder
          .defaultServiceConfig(ServiceConfig.forChannels())
          .enableRetry()
          .maxInboundMessageSize(LARGEST_ANSWER)
          .userAgent("assay-java/" + version())
          // A dead line is noticed within a long poll.
          .keepAliveTime(60, TimeUnit.SECONDS)
          .keepAliveTimeout(20, TimeUnit.SECONDS)
          .build();
    }
  }

  /**
   * Create a study, or get the existing one of that id and an equal specification.
   *
   * @param studyId 1 to 63 of a-z, 0-9 and -; drawn by the server when empty
   * @throws InvalidArgument with every violation at once
   * @throws AssayException.StudySpecMismatch the id is taken by a study with another specification
   */
  public Study createStudy(String studyId, StudySpec spec) {
    return sendStudy(studyId, spec, false);
  }

  /** Check everything and return what would be created, but create nothing. */
  public Study validateStudy(String studyId, StudySpec spec) {
    return sendStudy(studyId, spec, true);
  }

  /**
   * A study by its id, or by its full name in another project.
   *
   * @throws AssayException.StudyNotFound there is none
   */
  public Study getStudy(String name) {
    String full = name.contains("/") ? name : "projects/" + project + "/studies/" + name;
    GetStudyRequest request = GetStudyRequest.newBuilder().setName(full).build();
    return study(transport.run(StudyServiceGrpc.getGetStudyMethod(), request, Terms.USUAL));
  }

  /** The project's studies that the filter lets through, newest first. */
  public List<Study> listStudies(String filter) {
    ListStudiesRequest.Builder request =
        ListStudiesRequest.newBuilder().setParent("projects/" + project).setFilter(filter);
    List<Study> found = new ArrayList<>();
    do {
      ListStudiesResponse page =
          transport.run(StudyServiceGrpc.getListStudiesMethod(), request.build(), Terms.USUAL);
      page.getStudiesList().forEach(message -> found.add(study(message)));
      request.setPageToken(page.getNextPageToken());
    } while (!request.getPageToken().isEmpty());
    return found;
  }

  /** The channel, with the token, for calls of the contract that have no method here. It repeats by the service config alone. */
  public Channel channel() {
    return transport.channel();
  }

  /** End the connection. Trials in hand stay with this worker until their leases end. */
  @Override
  public void close() {
    heartbeats.close();
    transport.close();
  }

  private Study sendStudy(String studyId, StudySpec spec, boolean validateOnly) {
    CreateStudyRequest request =
        CreateStudyRequest.newBuilder()
            .setParent("projects/" + project)
            .setStudyId(studyId)
            .setStudy(dev.assay.v1.Study.newBuilder().setSpec(spec.toMessage()))
            .setRequestId(Holding.newId())
            .setValidateOnly(validateOnly)
            .build();
    return study(transport.run(StudyServiceGrpc.getCreateStudyMethod(), request, Terms.USUAL));
  }

  private Study study(dev.assay.v1.Study message) {
    return new Study(transport, heartbeats, message);
  }

  /** As the artifact's manifest has it; 0 from a folder of classes. */
  static String version() {
    return Optional.ofNullable(Client.class.getPackage().getImplementationVersion()).orElse("0");
  }
}
