package dev.assay;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** A call in the background whose cancellation really ends it: {@code CompletableFuture} alone only forgets it. */
final class Cancellable<T> extends CompletableFuture<T> {
  private static final ExecutorService THREADS =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "assay-call");
            thread.setDaemon(true);
            return thread;
          });

  private volatile Future<?> task;

  static <T> CompletableFuture<T> of(Callable<T> call) {
    Cancellable<T> future = new Cancellable<>();
    future.task = THREADS.submit(() -> future.complete(call));
    return future;
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    boolean isCancelled = super.cancel(mayInterruptIfRunning);
    Future<?> running = task;
    if (isCancelled && running != null) {
      running.cancel(true);
    }
    return isCancelled;
  }

  private void complete(Callable<T> call) {
    try {
      complete(call.call());
    } catch (Throwable thrown) {
      completeExceptionally(thrown);
    }
  }
}
