package io.holdfast.common;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Who goes on in a race. Runners are numbers; the larger is the stronger. */
class HalvingTest {
  private static final Comparator<Integer> LARGEST = Comparator.reverseOrder();

  /** A race in which everyone stands as strong as the number says, at all times. */
  private static Halving<Integer, Integer> asNumbers(Integer... rungs) {
    return new Halving<>(List.of(rungs), runner -> runner, LARGEST);
  }

  @Test
  void rungsAreANinthAThirdAndAll() {
    assertThat(Halving.rungs(9)).containsExactly(1, 3, 9);
    assertThat(Halving.rungs(90)).containsExactly(10, 30, 90);
    assertThat(Halving.rungs(10)).containsExactly(2, 4, 10);
    assertThat(Halving.rungs(2)).containsExactly(1, 2);
    assertThat(Halving.rungs(1)).containsExactly(1);
    assertThat(Halving.rungs(27, 1)).containsExactly(1, 3, 9, 27);
    assertThat(Halving.rungs(27, 9)).containsExactly(9, 27);
    assertThat(Halving.rungs(4, 99)).containsExactly(4);
  }

  @Test
  void aThirdGoesOn() {
    List<String> seen = new ArrayList<>();
    List<Integer> field = List.of(3, 1, 9, 7, 5, 2, 8);
    asNumbers(1, 3, 9).race(field, (runner, to) -> seen.add(runner + " to " + to));
    assertThat(seen.subList(0, 7)).allMatch(s -> s.endsWith("to 1"));
    assertThat(seen.subList(7, seen.size()))
        .containsExactly("9 to 3", "8 to 3", "7 to 3", "9 to 9");
  }

  @Test
  void aRaceEndsWithItsBudget() {
    List<Integer> seen = new ArrayList<>();
    asNumbers(1, 3).race(List.of(1, 2, 3), (runner, to) -> seen.size() < 2 && seen.add(runner));
    assertThat(seen).containsExactly(1, 2);
  }

  /** As the algorithm's authors have it, with one worker, written down by hand. */
  @Test
  void ashaPromotesAsSoonAsARungHasAThird() {
    List<String> seen = new ArrayList<>();
    Iterator<Integer> next = List.of(4, 6, 5, 1, 2, 3, 9, 8, 7).iterator();
    asNumbers(1, 3, 9)
        .successively(
            () -> next.hasNext() ? Optional.of(next.next()) : Optional.empty(),
            (runner, to) -> seen.add(runner + " to " + to));
    assertThat(seen)
        .containsExactly(
            "4 to 1", "6 to 1", "5 to 1", "6 to 3", "1 to 1", "2 to 1", "3 to 1", "5 to 3",
            "9 to 1", "9 to 3", "9 to 9", "8 to 1", "8 to 3", "7 to 1", "7 to 3");
  }

  /** Runners grow stronger as they go on, which is nothing to those who come after them. */
  @Test
  void inARungRunnersStandAsTheyReachedIt() {
    Map<String, List<Integer>> strength = // at the first rung, and behind it
        Map.of(
            "a", List.of(20, 40),
            "b", List.of(10, 0),
            "c", List.of(12, 0),
            "d", List.of(25, 5),
            "e", List.of(26, 30),
            "f", List.of(1, 0));
    Map<String, Integer> now = new TreeMap<>();
    List<String> seen = new ArrayList<>();
    Iterator<String> next = List.of("a", "b", "c", "d", "e", "f").iterator();
    new Halving<String, Integer>(List.of(1, 3), now::get, LARGEST)
        .successively(
            () -> next.hasNext() ? Optional.of(next.next()) : Optional.empty(),
            (runner, to) -> {
              List<Integer> own = Objects.requireNonNull(strength.get(runner));
              now.put(runner, own.get(to == 1 ? 0 : 1));
              return seen.add(runner + " to " + to);
            });
    assertThat(seen)
        .containsExactly(
            "a to 1", "b to 1", "c to 1", "a to 3", "d to 1", "d to 3", "e to 1", "e to 3",
            "f to 1");
  }

  /** A slow, obvious twin of what any schedule may do: nobody skips a rung or goes on twice. */
  @Test
  void nobodySkipsARungOrIsLetGoOnTwice() {
    for (int seed = 0; seed < 20; seed++) {
      int[] order = new Seed(seed).permutation(40);
      Map<Integer, List<Integer>> byRunner = new TreeMap<>();
      Iterator<Integer> next = IntStream.of(order).iterator();
      asNumbers(1, 3, 9, 27)
          .successively(
              () -> next.hasNext() ? Optional.of(next.next()) : Optional.empty(),
              (runner, to) -> byRunner.computeIfAbsent(runner, r -> new ArrayList<>()).add(to));
      assertThat(byRunner).hasSize(40);
      assertThat(byRunner.values())
          .allMatch(rungs -> rungs.equals(List.of(1, 3, 9, 27).subList(0, rungs.size())));
      assertThat(byRunner.get(39)).as("the strongest").hasSize(4);
    }
  }
}
