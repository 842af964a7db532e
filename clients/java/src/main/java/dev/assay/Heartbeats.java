package dev.assay;

import dev.assay.AssayException.DeadlineExceeded;
import dev.assay.AssayException.Unavailable;
import dev.assay.v1.TrialServiceGrpc;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** One thread that keeps the leases of all trials in hand alive. It lives while there are any. */
final class Heartbeats implements AutoCloseable {
  private static final System.Logger LOGGER = System.getLogger("dev.assay");

  /** A heartbeat that did not get through is tried again within this, however long the interval. */
  private static final Duration SOON = Duration.ofSeconds(2);

  /** Of one try, within the interval: the next heartbeat is the second try. */
  private static final Duration SHORTEST = Duration.ofSeconds(1);

  private static final Duration LONGEST = Duration.ofSeconds(10);

  private final Transport transport;
  private final ScheduledThreadPoolExecutor timer;
  private final Set<Holding> held = new HashSet<>();

  Heartbeats(Transport transport) {
    this.transport = transport;
    this.timer =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, "assay-heartbeats");
              thread.setDaemon(true);
              return thread;
            });
    timer.setKeepAliveTime(1, TimeUnit.SECONDS);
    timer.allowCoreThreadTimeOut(true);
    timer.setRemoveOnCancelPolicy(true);
  }

  /** Keep its lease alive from now on. */
  void add(Holding holding) {
    synchronized (held) {
      if (!held.add(holding)) {
        return;
      }
    }
    again(holding);
  }

  /** Leave its lease alone. */
  void remove(Holding holding) {
    synchronized (held) {
      held.remove(holding);
    }
  }

  @Override
  public void close() {
    synchronized (held) {
      held.clear();
    }
    timer.shutdownNow();
  }

  private void again(Holding holding) {
    long delay = Math.max(0, holding.heartbeatAt() - System.nanoTime());
    synchronized (held) {
      if (holding.isOver()) {
        held.remove(holding);
      }
      if (held.contains(holding)) {
        timer.schedule(() -> beat(holding), delay, TimeUnit.NANOSECONDS);
      }
    }
  }

  private void beat(Holding holding) {
    synchronized (held) {
      if (!held.contains(holding)) {
        return;
      }
    }
    if (holding.heartbeatAt() - System.nanoTime() <= 0) { // otherwise a report has postponed it
      send(holding);
    }
    again(holding);
  }

  private void send(Holding holding) {
    Duration interval = holding.heartbeatInterval();
    Duration timeout = Durations.clamp(interval, SHORTEST, LONGEST);
    try {
      holding.heard(
          transport.once(TrialServiceGrpc.getHeartbeatMethod(), holding.heartbeat(), timeout), System.nanoTime());
    } catch (Unavailable | DeadlineExceeded away) {
      holding.missed(Durations.min(SOON, interval), System.nanoTime());
    } catch (AssayException error) {
      LOGGER.log(System.Logger.Level.WARNING, "{0}: heartbeat refused: {1}", holding.record().name(), error.getMessage());
      holding.refused(error);
      holding.missed(interval, System.nanoTime());
    } catch (CancellationException closed) {
      remove(holding);
    }
  }
}
