package io.holdfast.train;

import io.holdfast.common.Format;
import io.holdfast.common.Hashes;
import io.holdfast.common.HoldfastException;
import io.holdfast.common.Problems;
import io.holdfast.common.Progress;
import io.holdfast.common.Seed;
import io.holdfast.common.Stopper;
import io.holdfast.data.Dataset;
import io.holdfast.data.ForwardingDataset;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.NoGrad;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Workers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Where within its classes a model is weak. A region is a part of a class whose samples look alike
 * to a model: the values of its last layer before the logits are grouped by k-means, class by class
 * (after Sohoni et al. 2020, <i>No subclass left behind</i>, section 4, who reduce these values
 * first, and use the regions for a loss). A region's robust accuracy is that of the judged samples
 * in it, as if two more were there that hold as often as its class: few samples say little.
 */
public final class Regions {
  /** Judged samples of a region in the mean; a class of fewer has fewer regions. */
  private static final int FEWEST = 10;

  private static final int CHUNK = 256;
  private static final double PRIOR = 2;

  private final @Nullable Network model;
  private final Dataset judged;
  private final Map<Long, Boolean> held;
  private final int perClass;
  private final double strength;
  private final double effort;

  /**
   * Regions to be found when training begins.
   *
   * @param model whose values tell samples apart, which stays the caller's; null for the model that
   *     training starts from
   * @param judged the samples of the ledger
   * @param held by sample id, whether it is right when clean and held against every attack
   * @param perClass regions of a class, at least 1
   * @param strength as in {@link Selection}
   * @param effort as in {@link Selection}
   */
  public Regions(
      @Nullable Network model,
      Dataset judged,
      Map<Long, Boolean> held,
      int perClass,
      double strength,
      double effort) {
    this.model = model;
    this.judged = judged;
    this.held = new TreeMap<>(held);
    this.perClass = perClass;
    this.strength = strength;
    this.effort = effort;
  }

  /**
   * What was found.
   *
   * @param train the training samples; the group of each is its region, -1 for one of a class that
   *     the ledger does not know
   * @param selection by these groups
   */
  public record Found(Dataset train, Selection selection) {}

  /** Whether a model of its own tells samples apart, not the one that training starts from. */
  public boolean hasModel() {
    return model != null;
  }

  /** Adds why regions of such samples cannot be found. */
  public void check(Dataset train, Problems problems) {
    if (rows().isEmpty()) {
      problems.add(
          "train.samples.ledger", "verdicts on its samples", "none: it ended before the first");
    }
    if (model == null) {
      return;
    }
    List<long[]> inputs =
        model.graph().inputs().stream().map(input -> input.type().shape().toArray()).toList();
    if (inputs.size() != 1 || !Arrays.equals(train.info().shapeArray(), inputs.get(0))) {
      problems.add(
          "train.samples.model",
          "a model for inputs of shape " + train.info().shape(),
          inputs.stream().map(Arrays::toString).collect(Collectors.joining(" and ")));
    }
  }

  /**
   * SHA-256 of all that it goes by, in hexadecimal, but for the model that training starts from.
   */
  public String hash() {
    String all =
        String.join(
            "\n",
            held.toString(),
            judged.contentHash(),
            model == null ? "" : model.hash(),
            perClass + " " + strength + " " + effort);
    return Hashes.sha256Hex(all.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Finds the regions, and in which one each training sample is, where {@link #check} has nothing
   * against it.
   *
   * @param start the network that is trained, with the weights that it starts from
   */
  public Found find(
      Network start,
      Dataset train,
      Seed seed,
      Workers workers,
      Stopper stopper,
      Progress progress) {
    Network elsewhere = // a copy: the model stays where it is
        model == null || model.device().equals(start.device())
            ? null
            : model.copy().to(start.device());
    Network network = elsewhere != null ? elsewhere : model == null ? start : model;
    try (elsewhere;
        Progress.Task task =
            progress.start("regions", (long) judged.size() + train.size(), "samples")) {
      Look look = new Look(network, workers, stopper, task);
      Map<Integer, List<double[]>> centres = new TreeMap<>(); // by class
      List<float[]> points = look.map(judged, (row, values) -> values);
      Map<Integer, List<Integer>> known = rows();
      known.forEach(
          (label, rows) -> {
            stopper.check();
            centres.put(label, centres(points, rows, label, seed));
          });
      Map<Integer, Double> weakness = weakness(known, centres, points);
      List<Integer> regions =
          look.map(
              train,
              (row, values) -> region(centres.get(train.label(row)), train.label(row), values));
      progress.note(told(weakness, regions));
      return new Found(
          new Grouped(train, regions), new Selection(Map.of(), weakness, strength, effort));
    }
  }

  private int region(@Nullable List<double[]> centres, int label, float[] values) {
    return centres == null ? -1 : number(label, KMeans.nearest(centres, values));
  }

  /** Judged samples of each class. */
  private Map<Integer, List<Integer>> rows() {
    Map<Integer, List<Integer>> rows = new TreeMap<>();
    for (int i = 0; i < judged.size(); i++) {
      if (held.containsKey(judged.id(i))) {
        rows.computeIfAbsent(judged.label(i), k -> new ArrayList<>()).add(i);
      }
    }
    return rows;
  }

  private List<double[]> centres(List<float[]> points, List<Integer> rows, int label, Seed seed) {
    int count = Math.max(1, Math.min(perClass, rows.size() / FEWEST));
    List<float[]> own = rows.stream().map(points::get).toList();
    return KMeans.centres(own, count, seed.split("regions").split(label));
  }

  /** A number for each region of each class. */
  private int number(int label, int region) {
    return label * perClass + region;
  }

  private Map<Integer, Double> weakness(
      Map<Integer, List<Integer>> known,
      Map<Integer, List<double[]>> centres,
      List<float[]> points) {
    Map<Integer, Double> accuracy = new LinkedHashMap<>();
    known.forEach(
        (label, rows) -> {
          List<double[]> own = Objects.requireNonNull(centres.get(label));
          long[][] counts = new long[own.size()][2]; // held, of
          for (int i : rows) {
            long[] count = counts[KMeans.nearest(own, points.get(i))];
            count[0] += Boolean.TRUE.equals(held.get(judged.id(i))) ? 1 : 0;
            count[1]++;
          }
          long all = Arrays.stream(counts).mapToLong(count -> count[0]).sum();
          double ofClass = (all + 1.0) / (rows.size() + 2);
          for (int r = 0; r < counts.length; r++) {
            double share = (counts[r][0] + PRIOR * ofClass) / (counts[r][1] + PRIOR);
            accuracy.put(number(label, r), share);
          }
        });
    double best = accuracy.values().stream().mapToDouble(a -> a).max().orElse(0);
    accuracy.replaceAll((region, a) -> best - a);
    return accuracy;
  }

  private String told(Map<Integer, Double> weakness, List<Integer> regions) {
    Map.Entry<Integer, Double> most =
        weakness.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow();
    int region = most.getKey();
    long in = regions.stream().filter(r -> r == region).count();
    return String.format(
        Locale.ROOT,
        "%s regions of classes; the weakest is one of %s with %s training samples, %.0f points less"
            + " robust than the strongest",
        Format.count(weakness.size()),
        judged.info().classes().get(region / perClass),
        Format.count(in),
        100 * most.getValue());
  }

  /** Values of the last layer before the logits, for many samples. */
  private record Look(Network network, Workers workers, Stopper stopper, Progress.Task task) {
    /**
     * What is made of each sample's values.
     *
     * @param make from the position of a sample and its values, {@code [D]}; called by any thread
     */
    <T> List<T> map(Dataset samples, BiFunction<Integer, float[], T> make) {
      int n = samples.size();
      List<List<T>> parts =
          workers.map(
              (n + CHUNK - 1) / CHUNK,
              part -> {
                stopper.check();
                int[] rows =
                    IntStream.range(part * CHUNK, Math.min(n, (part + 1) * CHUNK)).toArray();
                float[][] values = values(samples, rows);
                task.advance(rows.length);
                return IntStream.range(0, rows.length)
                    .mapToObj(i -> make.apply(rows[i], values[i]))
                    .toList();
              });
      return parts.stream().flatMap(List::stream).toList();
    }

    private float[][] values(Dataset samples, int[] rows) {
      String layer = network.graph().beforeOutput();
      try (Scope scope = Scope.open();
          NoGrad off = NoGrad.on()) {
        Tensor x = samples.inputs(rows).to(network.device()); // [n, ...]
        Tensor found = Objects.requireNonNull(network.activations(x, List.of(layer)).get(layer));
        float[] all = found.to(DType.FLOAT32).reshape(rows.length, -1).toFloats(); // n D
        if (!found.allFinite()) {
          throw new HoldfastException(
              "train.samples: regions are told apart by finite values, and some of layer "
                  + layer
                  + " are not; choose another train.samples.model");
        }
        int width = all.length / rows.length;
        float[][] values = new float[rows.length][];
        Arrays.setAll(values, i -> Arrays.copyOfRange(all, i * width, (i + 1) * width));
        return values;
      }
    }
  }

  /** The training samples in their regions. */
  private static final class Grouped extends ForwardingDataset {
    private final List<Integer> regions;

    Grouped(Dataset samples, List<Integer> regions) {
      super(samples);
      this.regions = regions;
    }

    @Override
    public int group(int index) {
      return regions.get(index);
    }
  }
}
