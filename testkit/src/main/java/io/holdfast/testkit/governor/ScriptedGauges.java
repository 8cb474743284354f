package io.holdfast.testkit.governor;

import io.holdfast.common.governor.Gauges;
import java.time.LocalTime;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Gauges whose clock stands still until a test moves it; waiting moves it too. */
public final class ScriptedGauges implements Gauges {
  private final AtomicLong nanos = new AtomicLong();
  private final AtomicInteger released = new AtomicInteger();
  private volatile double cores = 1;
  private volatile LongFunction<Load> load = seconds -> Load.UNKNOWN;
  private volatile LongSupplier memory = () -> -1;
  private volatile @Nullable LocalTime start;
  private volatile Runnable naps = () -> {};

  /** Lets time pass. */
  public void advance(double seconds) {
    nanos.addAndGet((long) (seconds * 1e9));
  }

  /** Seconds that have passed. */
  public double seconds() {
    return nanos.get() / 1e9;
  }

  /** Cores that this process uses all the time. */
  public ScriptedGauges using(double ofItsOwn) {
    cores = ofItsOwn;
    return this;
  }

  /** How busy the machine is at a second. */
  public ScriptedGauges load(LongFunction<Load> at) {
    load = at;
    return this;
  }

  /** What is held. */
  public ScriptedGauges memory(LongSupplier bytes) {
    memory = bytes;
    return this;
  }

  /** The time of day at second 0. */
  public ScriptedGauges startingAt(LocalTime time) {
    start = time;
    return this;
  }

  /** How often memory was given back. */
  public int released() {
    return released.get();
  }

  @Override
  public long nanos() {
    return nanos.get();
  }

  @Override
  public double coreSeconds() {
    return seconds() * cores;
  }

  @Override
  public Load load() {
    return load.apply((long) seconds());
  }

  @Override
  public long memoryBytes() {
    return memory.getAsLong();
  }

  @Override
  public @Nullable LocalTime timeOfDay() {
    LocalTime from = start;
    return from == null ? null : from.plusNanos(nanos.get());
  }

  /** What happens whenever someone waits. */
  public ScriptedGauges waiting(Runnable beside) {
    naps = beside;
    return this;
  }

  @Override
  public void sleep(long millis) {
    advance(millis / 1e3);
    naps.run();
  }

  @Override
  public void release() {
    released.incrementAndGet();
  }
}
