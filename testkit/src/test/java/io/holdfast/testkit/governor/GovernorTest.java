package io.holdfast.testkit.governor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.common.Deadline;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.Progress;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import io.holdfast.common.Stopper;
import io.holdfast.common.governor.Budgets;
import io.holdfast.common.governor.Decision;
import io.holdfast.common.governor.Decision.What;
import io.holdfast.common.governor.Gauges.Load;
import io.holdfast.common.governor.Governor;
import io.holdfast.common.governor.Hours;
import io.holdfast.common.governor.Journal;
import io.holdfast.common.governor.SystemGauges;
import io.holdfast.tensor.Memory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a governor decides, and when. */
class GovernorTest {
  private static final long MIB = 1 << 20;

  private final ScriptedGauges gauges = new ScriptedGauges();
  private final Stopper stopper = Stopper.manual();

  private static Budgets read(String text) {
    Problems problems = new Problems("test");
    Settings settings = Settings.of(Map.of()).withOverride("governor", text);
    SettingsReader r = settings.reader(problems);
    Budgets budgets = Budgets.read(r.section("governor"));
    r.finish();
    problems.throwIfAny();
    return budgets;
  }

  private Governor governor(String budgets, int workers) {
    return Governor.of(read(budgets), gauges, workers, Progress.silent(), stopper);
  }

  private static List<Decision> of(Governor governor, What what) {
    return governor.journal().decisions().stream().filter(d -> d.what() == what).toList();
  }

  /** Looks again and again, a second apart, as work passes. */
  private void pass(Governor governor, int times) {
    for (int i = 0; i < times; i++) {
      governor.gate().pass(() -> "work");
      gauges.advance(1);
    }
  }

  /** As {@link #pass}, with as many shards at once as the gate has places. */
  private void fill(Governor governor, int times, int workers) {
    for (int i = 0; i < times; i++) {
      governor.look();
      List<Decision> turns = of(governor, What.WORKERS);
      int places = turns.isEmpty() ? workers : (int) turns.get(turns.size() - 1).to();
      CyclicBarrier all = new CyclicBarrier(places);
      ExecutorService threads = Executors.newFixedThreadPool(places);
      try {
        List<Future<Integer>> passed =
            IntStream.range(0, places)
                .mapToObj(n -> threads.submit(() -> governor.gate().pass(() -> meet(all))))
                .toList();
        for (Future<Integer> one : passed) {
          one.get(60, TimeUnit.SECONDS);
        }
      } catch (InterruptedException | ExecutionException | TimeoutException e) {
        throw new AssertionError(e);
      } finally {
        threads.shutdownNow();
      }
      gauges.advance(1);
    }
  }

  private static int meet(CyclicBarrier all) {
    try {
      return all.await(60, TimeUnit.SECONDS);
    } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void readsEveryKey() {
    Budgets all =
        read(
            "{cores: 2, memory: 6g, load: 0.9, hours: \"22:00-06:00\", deadline: 1h30m, covers:"
                + " run, core_time: 2h, samples: later}");
    assertThat(all)
        .isEqualTo(
            new Budgets(
                2,
                6L << 30,
                0.9,
                Hours.parse("22:00-06:00"),
                Duration.ofMinutes(90),
                true,
                7200,
                true,
                null));
    assertThat(read("{}").isNone()).isTrue();
  }

  @Test
  void putsOffOnlyWhatABudgetMayForbid() {
    assertThatThrownBy(() -> read("{samples: later, cores: 2}"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("governor.samples: expected a deadline or core_time beside it");
    assertThat(read("{samples: later, core_time: 2h}").withDelay(false))
        .isEqualTo(read("{core_time: 2h}"));
    assertThat(read("{samples: fewer}").isNone()).isTrue();
  }

  @Test
  void saysAllThatIsWrongAtOnce() {
    assertThatThrownBy(
            () ->
                read(
                    "{cores: 0, memory: much, load: 2, hours: \"6:00\", deadline: soon, core_time:"
                        + " x, replay: /no/journal.jsonl, watts: 5}"))
        .isInstanceOf(InvalidInputException.class)
        .extracting(e -> ((InvalidInputException) e).problems().stream().map(p -> p.field()))
        .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.stream(String.class))
        .contains(
            "governor.cores",
            "governor.memory",
            "governor.load",
            "governor.hours",
            "governor.deadline",
            "governor.core_time",
            "governor.replay",
            "governor.watts");
    assertThatThrownBy(() -> read("{covers: run}")).hasMessageContaining("a deadline beside it");
    assertThatThrownBy(() -> read("{replay: pom.xml, deadline: 5m}"))
        .hasMessageContaining("no deadline and no core_time beside it");
  }

  @Test
  void hoursRunOverMidnight() {
    Hours night = Hours.parse("22:00-06:00");
    assertThat(night.contains(LocalTime.of(22, 0))).isTrue();
    assertThat(night.contains(LocalTime.of(3, 0))).isTrue();
    assertThat(night.contains(LocalTime.of(6, 0))).isFalse();
    assertThat(night.contains(LocalTime.of(12, 0))).isFalse();
    Hours day = Hours.parse("08:30-17:00");
    assertThat(day.contains(LocalTime.of(8, 30))).isTrue();
    assertThat(day.contains(LocalTime.of(8, 29))).isFalse();
    assertThat(day.contains(LocalTime.of(17, 0))).isFalse();
    assertThatThrownBy(() -> Hours.parse("22:00-22:00")).hasMessageContaining("another time");
  }

  @Test
  void waitsForItsHoursAndTheWaitDoesNotCount() {
    gauges.startingAt(LocalTime.of(21, 59));
    try (Governor g = governor("{hours: \"22:00-06:00\"}", 2)) {
      long before = g.activeNanos();
      g.gate().pass(() -> "work");
      assertThat(gauges.seconds()).isBetween(60.0, 61.0);
      assertThat(g.activeNanos() - before).isZero();
      assertThat(of(g, What.PAUSE)).extracting(Decision::to).containsExactly(1.0, 0.0);
      assertThat(of(g, What.PAUSE).get(0).words())
          .isEqualTo("pause: it is 21:59 and work runs 22:00-06:00");
      assertThat(of(g, What.PAUSE).get(1).measured().get("waited_seconds")).isBetween(60.0, 61.0);
    }
  }

  @Test
  void nothingWaitsBeyondTheEndOfTheWork() {
    gauges.startingAt(LocalTime.of(21, 0)).load(second -> new Load(2, 2));
    try (Governor g = governor("{hours: \"22:00-06:00\", load: 1}", 2)) {
      g.until(Deadline.in(Duration.ofMinutes(30), gauges::nanos));
      g.gate().pass(() -> "work");
      assertThat(gauges.seconds()).isBetween(1800.0, 1801.0);
      assertThat(of(g, What.PAUSE))
          .as("of the hours, none for others")
          .extracting(Decision::why)
          .containsExactly(
              "it is 21:00 and work runs 22:00-06:00", "the time for all of it is over");
      pass(g, 10);
      assertThat(of(g, What.PAUSE)).hasSize(2);
    }
  }

  @Test
  void waitingEndsWhenAStopIsRequested() {
    gauges.startingAt(LocalTime.of(12, 0));
    try (Governor g = governor("{hours: \"22:00-06:00\"}", 2)) {
      stopper.request();
      assertThatThrownBy(() -> g.gate().pass(() -> "work"))
          .isInstanceOf(RunInterruptedException.class);
    }
  }

  @Test
  void hoursWithoutAClockAreRefused() {
    assertThatThrownBy(() -> governor("{hours: \"22:00-06:00\"}", 2))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("a clock");
  }

  @Test
  void makesRoomForOthersAndComesBack() {
    gauges.load(second -> new Load(4, second > 5 && second < 15 ? 2.5 : 0));
    try (Governor g = governor("{load: 1}", 4)) {
      pass(g, 30);
      assertThat(of(g, What.WORKERS))
          .extracting(Decision::from, Decision::to)
          .containsExactly(
              org.assertj.core.groups.Tuple.tuple(4.0, 1.0),
              org.assertj.core.groups.Tuple.tuple(1.0, 4.0));
      Decision less = of(g, What.WORKERS).get(0);
      assertThat(less.why()).isEqualTo("other processes use 2.5 of 4 cores");
      assertThat(less.measured()).containsEntry("others_cores", 2.5);
      assertThat(less.step()).isGreaterThan(5);
    }
  }

  @Test
  void pausesWhileOthersUseEverythingUnlessADeadlineIsNear() {
    gauges.load(second -> new Load(2, second > 3 && second < 30 ? 2 : 0));
    try (Governor g = governor("{load: 1}", 2)) {
      pass(g, 10);
      assertThat(of(g, What.PAUSE)).hasSize(2);
      assertThat(of(g, What.PAUSE).get(0).why()).contains("other processes use 2 of 2 cores");
      assertThat(gauges.seconds()).isGreaterThan(30);
    }
    ScriptedGauges other = new ScriptedGauges().load(second -> new Load(2, 2));
    try (Governor g =
        Governor.of(
            read("{load: 1, deadline: 1h}"), other, 2, Progress.silent(), Stopper.manual())) {
      for (int i = 0; i < 5; i++) {
        g.gate().pass(() -> "work");
        other.advance(1);
      }
      assertThat(of(g, What.PAUSE)).isEmpty();
      assertThat(of(g, What.WORKERS)).extracting(Decision::to).containsExactly(1.0);
    }
  }

  @Test
  void pausesForOthersEnd() {
    gauges.load(second -> new Load(2, 2));
    try (Governor g = governor("{load: 1}", 2)) {
      pass(g, 3);
      assertThat(of(g, What.PAUSE)).hasSize(2);
      assertThat(of(g, What.PAUSE).get(1).why()).isEqualTo("it has waited long enough");
      assertThat(gauges.seconds()).isBetween(600.0, 610.0);
    }
  }

  @Test
  void aBlipOfLoadIsNone() {
    gauges.load(second -> new Load(2, second == 5 ? 2 : 0));
    try (Governor g = governor("{load: 1}", 2)) {
      pass(g, 10);
      assertThat(g.journal().decisions()).isEmpty();
    }
  }

  @Test
  void addsShardsWhileTheyFitIntoTheMemory() {
    int[] places = {1};
    gauges.memory(() -> 300 * MIB + (gauges.seconds() < 1 ? 0 : places[0] * 100L * MIB));
    try (Governor g = governor("{memory: 700m}", 8)) {
      for (int i = 0; i < 30; i++) {
        fill(g, 1, 8);
        List<Decision> turns = of(g, What.WORKERS);
        places[0] = turns.isEmpty() ? 8 : (int) turns.get(turns.size() - 1).to();
      }
      // 300 + 3 * 100 are held; a fourth might take 125 more than the 630 that may be filled
      assertThat(of(g, What.WORKERS)).extracting(Decision::to).containsExactly(1.0, 2.0, 3.0);
      assertThat(of(g, What.WORKERS).get(1).why()).isEqualTo("400.0 MiB of 700.0 MiB are held");
    }
  }

  /** Work that never fills its places says nothing of what more of them would hold. */
  @Test
  void addsNoShardsBeyondOneThatNobodyUsed() {
    gauges.memory(() -> 300 * MIB);
    try (Governor g = governor("{memory: 700m}", 8)) {
      pass(g, 60);
      assertThat(of(g, What.WORKERS)).extracting(Decision::to).containsExactly(1.0, 2.0);
      fill(g, 6, 8);
      assertThat(of(g, What.WORKERS)).extracting(Decision::to).startsWith(1.0, 2.0, 3.0);
    }
  }

  @Test
  void takesShardsBackWhenMemoryGetsShort() {
    long[] held = {100 * MIB};
    gauges.memory(() -> held[0]);
    try (Governor g = governor("{memory: 1g}", 3)) {
      fill(g, 12, 3);
      assertThat(of(g, What.WORKERS)).extracting(Decision::to).containsExactly(1.0, 2.0, 3.0);
      held[0] = 1000 * MIB;
      fill(g, 12, 3);
      assertThat(of(g, What.WORKERS))
          .extracting(Decision::to)
          .containsExactly(1.0, 2.0, 3.0, 2.0, 1.0);
      assertThat(gauges.released()).isEqualTo(2);
      held[0] = 100 * MIB;
      fill(g, 12, 3);
      assertThat(of(g, What.WORKERS)).as("never again").hasSize(5);
    }
  }

  @Test
  void halvesWhenMemoryHasRunOut() {
    try (Governor g = governor("{cores: 8}", 8)) {
      assertThat(g.relieve()).isTrue();
      assertThat(g.relieve()).isTrue();
      assertThat(g.relieve()).isTrue();
      assertThat(g.relieve()).as("it is one already").isFalse();
      pass(g, 10);
      assertThat(of(g, What.WORKERS)).extracting(Decision::to).containsExactly(4.0, 2.0, 1.0);
      assertThat(of(g, What.WORKERS).get(0).why()).isEqualTo("memory ran out");
    }
  }

  @Test
  void noMoreShardsAtOnceThanCores() {
    try (Governor g = governor("{cores: 2}", 6)) {
      AtomicInteger inside = new AtomicInteger();
      AtomicInteger most = new AtomicInteger();
      List<Thread> threads =
          IntStream.range(0, 6)
              .mapToObj(
                  i ->
                      new Thread(
                          () -> {
                            for (int k = 0; k < 20; k++) {
                              g.gate()
                                  .pass(
                                      () -> {
                                        most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                                        Thread.onSpinWait();
                                        g.gate().pass(() -> "within");
                                        return inside.decrementAndGet();
                                      });
                            }
                          }))
              .toList();
      threads.forEach(Thread::start);
      for (Thread t : threads) {
        join(t);
      }
      assertThat(most.get()).isBetween(1, 2);
      assertThat(of(g, What.WORKERS))
          .extracting(Decision::why)
          .containsExactly("2 cores may be used");
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aJournalIsReadAsItWasWritten(@TempDir Path folder) throws Exception {
    List<Decision> written = new ArrayList<>();
    try (Journal journal = new Journal()) {
      journal.resume(folder, 0);
      assertThat(folder.resolve(Journal.FILE)).as("nothing was decided").doesNotExist();
      for (What what : What.values()) {
        written.add(new Decision("training", 7, what, 4, 0.25, "why", Map.of("seconds", 1e-5)));
      }
      written.forEach(journal::add);
    }
    Path file = folder.resolve(Journal.FILE);
    assertThat(Journal.read(file)).isEqualTo(written);
    assertThat(Files.readAllLines(file).get(0))
        .isEqualTo(
            "{\"phase\":\"training\",\"step\":7,\"what\":\"attack_steps\",\"from\":4.0,\"to\":0.25,"
                + "\"why\":\"why\",\"measured\":{\"seconds\":1.0E-5}}");
    Files.writeString(file, "{\"phase\":\"trai", StandardOpenOption.APPEND);
    try (Journal journal = new Journal()) {
      journal.append(folder);
      assertThat(journal.decisions()).as("the half line is dropped").isEqualTo(written);
      journal.add(written.get(0));
    }
    assertThat(Journal.read(file)).hasSize(written.size() + 1);
    Files.writeString(file, "{\"watts\": 5}\n");
    assertThatThrownBy(() -> Journal.read(file))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("line 1: expected a decision of a governor")
        .hasMessageContaining("found {\"watts\": 5}");
  }

  @Test
  void theGaugesOfThisMachineTellSomething() {
    AtomicLong released = new AtomicLong();
    SystemGauges real = new SystemGauges(Memory.peaks(), released::incrementAndGet);
    double begin = real.coreSeconds();
    long end = real.nanos() + 300_000_000L;
    while (real.nanos() < end) {
      Thread.onSpinWait();
    }
    assertThat(real.coreSeconds()).isGreaterThan(begin);
    Load load = real.load();
    assertThat(load.cores()).isGreaterThanOrEqualTo(1);
    assertThat(load.others()).isBetween(0.0, load.cores());
    assertThat(real.timeOfDay()).isNotNull();
    Memory.release();
  }
}
