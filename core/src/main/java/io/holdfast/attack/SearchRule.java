package io.holdfast.attack;

import io.holdfast.common.Seed;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Region;
import java.util.ArrayList;
import java.util.List;

/**
 * How a search of training departs from projected gradient ascent. Shapes: N samples of a shard, D
 * components of a sample.
 */
public sealed interface SearchRule {
  /** The results {@code [N, ...]} of one search, in the innermost open scope. */
  Tensor search(InnerAscent ascent);

  /** What an experiment file calls it. */
  String key();

  /** Projected gradient ascent itself (Madry et al. 2018, section 2.1). */
  record Projected() implements SearchRule {
    @Override
    public String key() {
      return "pgd";
    }

    @Override
    public Tensor search(InnerAscent ascent) {
      return ascent.climb(g -> g);
    }
  }

  /**
   * N-FGSM (de Jorge et al. 2022, algorithm 1): noise that is uniform in the set of {@code radii}
   * times the size, then the steps, without projection onto the set; values stay in the domain.
   *
   * @param radii size of the noise as a multiple of epsilon, at least 0; the authors take 2
   */
  record Noisy(double radii) implements SearchRule {
    public Noisy {
      if (!(radii >= 0) || Double.isInfinite(radii)) {
        throw new IllegalArgumentException("radii: finite, at least 0, found " + radii);
      }
    }

    @Override
    public String key() {
      return "n-fgsm";
    }

    @Override
    public Tensor search(InnerAscent ascent) {
      double epsilon = ascent.threat().epsilon();
      // No step leads out of this size: to project onto it is to stay in the domain.
      double reach = radii + ascent.steps() * ascent.fraction();
      if (epsilon == 0 || reach == 0) {
        return ascent.x().clone();
      }
      Region noise = ascent.threat().withEpsilon(epsilon * radii).around(ascent.x());
      Region wide = ascent.threat().withEpsilon(epsilon * reach).around(ascent.x());
      Tensor start = noise.randomStart(ascent.seeds());
      double fraction = ascent.fraction() / reach;
      return ascent.slope().climb(wide, start, ascent.steps(), fraction, g -> g);
    }
  }

  /**
   * ZeroGrad (Golgooni et al. 2021, algorithm 1): of each sample's gradient, the components whose
   * size is below a quantile of their sizes count as zero.
   *
   * @param quantile in [0, 1), by linear interpolation; the authors take 0.35
   */
  record ZeroGrad(double quantile) implements SearchRule {
    public ZeroGrad {
      if (!(quantile >= 0 && quantile < 1)) {
        throw new IllegalArgumentException("quantile: in [0, 1), found " + quantile);
      }
    }

    @Override
    public String key() {
      return "zero-grad";
    }

    @Override
    public Tensor search(InnerAscent ascent) {
      return ascent.climb(this::filter);
    }

    private Tensor filter(Tensor gradient) {
      Tensor size = gradient.reshape(gradient.size(0), -1).abs(); // [N, D]
      double place = quantile * (size.size(1) - 1);
      long below = (long) Math.floor(place);
      long above = Math.min(below + 1, size.size(1) - 1);
      Tensor sorted = size.sort(1, false).values(); // [N, D]
      Tensor low = sorted.slice(1, below, below + 1); // [N, 1]
      Tensor high = sorted.slice(1, above, above + 1); // [N, 1]
      Tensor bound = low.add(high.sub(low), place - below); // [N, 1]
      return gradient.maskedFill(size.lt(bound).view(gradient.shape()), 0); // [N, ...]
    }
  }

  /**
   * MultiGrad (Golgooni et al. 2021, algorithm 2): gradients at several points that are uniform in
   * the set, of which the components count whose signs agree; one step from the clean input.
   *
   * @param points at least 1; the authors take 3
   */
  record MultiGrad(int points) implements SearchRule {
    public MultiGrad {
      if (points < 1) {
        throw new IllegalArgumentException("points: at least 1, found " + points);
      }
    }

    @Override
    public String key() {
      return "multi-grad";
    }

    @Override
    public Tensor search(InnerAscent ascent) {
      Region region = ascent.region();
      Tensor variables = region.origin(); // [N, ...]
      try (Scope scope = Scope.open()) {
        Tensor votes = Tensors.zerosLike(variables); // [N, ...]
        Tensor total = Tensors.zerosLike(variables); // [N, ...]
        for (int i = 0; i < points; i++) {
          try (Scope point = Scope.open()) {
            int number = i;
            List<Seed> seeds =
                ascent.seeds().stream().map(s -> s.split("point").split(number)).toList();
            Tensor g = ascent.slope().gradient(region, region.randomStart(seeds), i); // [N, ...]
            votes.addInPlace(g.sign());
            total.addInPlace(g);
          }
        }
        Tensor agreed = total.maskedFill(votes.abs().lt(points), 0); // [N, ...]
        region.trainingStep(variables, agreed, ascent.fraction());
      }
      return region.apply(variables);
    }
  }

  /**
   * The early-stopped search of friendly adversarial training (Zhang et al. 2020, algorithm 1): a
   * sample is done {@code grace} steps after it was first misclassified.
   *
   * @param grace at least 0
   */
  record Friendly(int grace) implements SearchRule {
    public Friendly {
      if (grace < 0) {
        throw new IllegalArgumentException("grace: at least 0, found " + grace);
      }
    }

    @Override
    public String key() {
      return "friendly";
    }

    @Override
    public Tensor search(InnerAscent whole) {
      InnerAscent ascent = whole;
      Region region = ascent.region();
      Tensor variables = ascent.start(region); // [n, ...] those under way
      Tensor result = region.apply(variables).clone(); // [N, ...]
      List<Integer> rows = new ArrayList<>(); // of the result, those under way
      int[] left = new int[(int) result.size(0)];
      for (int i = 0; i < left.length; i++) {
        rows.add(i);
        left[i] = grace;
      }
      for (int k = 0; k < ascent.steps(); k++) {
        List<Integer> going = under(ascent, region, variables, rows, left, k);
        if (going.size() < rows.size()) {
          put(result, rows, region.apply(variables));
          if (going.isEmpty()) {
            return result;
          }
          Tensor kept = positions(going.stream().map(rows::indexOf).toList(), result); // [m]
          ascent = ascent.at(kept);
          variables = variables.indexSelect(0, kept);
          region = ascent.region();
          rows = going;
        }
        try (Scope step = Scope.open()) {
          region.trainingStep(
              variables, ascent.slope().upward(region, variables, k), ascent.fraction());
        }
      }
      put(result, rows, region.apply(variables));
      return result;
    }

    /** The rows that go on: those classified correctly, and those with grace left. */
    private static List<Integer> under(
        InnerAscent ascent,
        Region region,
        Tensor variables,
        List<Integer> rows,
        int[] left,
        int step) {
      List<Integer> going = new ArrayList<>();
      try (Scope scope = Scope.open()) {
        Tensor logits = ascent.slope().logits(region.apply(variables), step); // [n, K]
        boolean[] wrong = logits.argmax(1).ne(ascent.slope().reference().labels()).toBooleans();
        for (int i = 0; i < wrong.length; i++) {
          int row = rows.get(i);
          if (!wrong[i] || left[row] > 0) {
            left[row] -= wrong[i] ? 1 : 0;
            going.add(row);
          }
        }
      }
      return going;
    }

    private static void put(Tensor result, List<Integer> rows, Tensor values) {
      try (Scope scope = Scope.open()) {
        result.indexCopyInPlace(0, positions(rows, result), values);
      }
    }

    private static Tensor positions(List<Integer> rows, Tensor like) {
      long[] all = rows.stream().mapToLong(Integer::longValue).toArray();
      return Tensors.of(all, all.length).to(like.device());
    }
  }

  /**
   * "Free" adversarial training (Shafahi et al. 2019, algorithm 1): each batch is trained on
   * several times in a row; the gradient that changes the weights changes the perturbation too,
   * which the next batch takes over. There is no search of its own: the loop carries it on.
   *
   * @param replays m of the authors, at least 1
   * @param reset whether each batch begins without a perturbation; with one replay that is training
   *     on clean inputs
   */
  record Free(int replays, boolean reset) implements SearchRule {
    public Free {
      if (replays < 1) {
        throw new IllegalArgumentException("replays: at least 1, found " + replays);
      }
    }

    @Override
    public String key() {
      return "free";
    }

    @Override
    public Tensor search(InnerAscent ascent) {
      throw new IllegalStateException("free training carries its perturbation on by itself");
    }
  }

  /** The plain search. */
  SearchRule PROJECTED = new Projected();
}
