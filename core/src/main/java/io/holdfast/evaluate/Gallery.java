package io.holdfast.evaluate;

import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.AttackResult;
import io.holdfast.common.Seed;
import io.holdfast.data.Dataset;
import io.holdfast.record.Attempt;
import io.holdfast.record.Example;
import io.holdfast.record.Pixels;
import io.holdfast.tensor.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Images to look at. Half of them are chosen by seed and class alone, so that compared models show
 * the same images; the rest fills up whichever is scarce, fallen or held. Each is attacked once
 * more, by the attack that felled it first, or else by the last of the suite; an attack that looks
 * at its samples together may end otherwise than in the ledger, so that each example keeps what was
 * spent on it here.
 */
record Gallery(List<NamedAttack> attacks, AttackDriver driver, Seed seed, Seen seen) {

  /**
   * Chosen examples, classes in turn.
   *
   * @param most 0 for none
   */
  List<Example> examples(Dataset data, int most) {
    if (most == 0 || attacks.isEmpty() || data.info().shape().size() != 3) {
      return List.of();
    }
    List<Integer> chosen = choose(data, most);
    Map<Integer, Example> examples = new HashMap<>();
    for (NamedAttack attack : attacks) {
      int[] part =
          chosen.stream()
              .filter(i -> attackOf(data.id(i)).equals(attack.key()))
              .mapToInt(i -> i)
              .toArray();
      if (part.length > 0) {
        List<Example> made = attack(attack, data, part);
        IntStream.range(0, part.length).forEach(k -> examples.put(part[k], made.get(k)));
      }
    }
    return chosen.stream().map(examples::get).toList();
  }

  private List<Integer> choose(Dataset data, int most) {
    List<Integer> right = new ArrayList<>();
    for (int i : order(data)) {
      if (seen.correct(data.id(i))) {
        right.add(i);
      }
    }
    int fixed = Math.min(right.size(), (most + 1) / 2);
    List<Integer> chosen = new ArrayList<>(right.subList(0, fixed));
    List<Integer> rest = new ArrayList<>(right.subList(fixed, right.size()));
    while (chosen.size() < most && !rest.isEmpty()) {
      long fallen = chosen.stream().filter(i -> isFallen(data, i)).count();
      boolean wanted = 2 * fallen < chosen.size();
      Integer next =
          rest.stream().filter(i -> isFallen(data, i) == wanted).findFirst().orElse(rest.get(0));
      rest.remove(next);
      chosen.add(next);
    }
    return chosen;
  }

  private boolean isFallen(Dataset data, int index) {
    return seen.felled(data.id(index)) != null;
  }

  /** All samples: within a class by lot, the classes in turn. */
  private int[] order(Dataset data) {
    Seed lots = seed.split("examples");
    int n = data.size();
    long[] lot = new long[n];
    Arrays.setAll(lot, i -> lots.split(data.id(i)).bits());
    Integer[] byLot = IntStream.range(0, n).boxed().toArray(Integer[]::new);
    Arrays.sort(byLot, Comparator.comparingLong((Integer i) -> lot[i]).thenComparing(i -> i));
    int[] count = new int[data.info().classCount()];
    int[] turn = new int[n];
    for (int i : byLot) {
      turn[i] = count[data.label(i)]++;
    }
    return Arrays.stream(byLot)
        .sorted(Comparator.comparingInt((Integer i) -> turn[i]).thenComparingInt(data::label))
        .mapToInt(i -> i)
        .toArray();
  }

  private String attackOf(long id) {
    Attempt felled = seen.felled(id);
    return felled == null ? attacks.get(attacks.size() - 1).key() : felled.attempt();
  }

  private List<Example> attack(NamedAttack named, Dataset data, int[] indices) {
    List<Example> examples = new ArrayList<>();
    try (Scope scope = Scope.open()) {
      Chunk chunk = Chunk.read(data, indices);
      AttackResult result =
          driver.run(named.attack(), chunk.x(), chunk.labels(), chunk.ids(), seed);
      float[] adversarial = result.adversarial().toFloats(); // [N, C, H, W]
      for (int i = 0; i < indices.length; i++) {
        examples.add(example(named.key(), data, chunk, adversarial, result, i));
      }
    }
    return examples;
  }

  private Example example(
      String key, Dataset data, Chunk chunk, float[] adversarial, AttackResult result, int i) {
    AttackResult.Sample sample = result.samples().get(i);
    Attempt clean = seen.clean(sample.id());
    return new Example(
        sample.id(),
        sample.label(),
        clean.prediction(),
        clean.confidence(),
        sample.prediction(),
        sample.confidence(),
        key,
        pixels(data, chunk.values(), i),
        pixels(data, adversarial, i),
        new Example.Search(
            sample.trueConfidence(), sample.queries(), sample.gradients(), sample.variables()));
  }

  private static Pixels pixels(Dataset data, float[] images, int i) {
    List<Integer> shape = data.info().shape();
    int stride = data.info().sampleSize();
    float[] one = Arrays.copyOfRange(images, i * stride, (i + 1) * stride);
    return Pixels.of(one, shape.get(0), shape.get(1), shape.get(2));
  }
}
