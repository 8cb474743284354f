package io.holdfast.train.objective;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.Reference;
import io.holdfast.common.Seed;
import io.holdfast.model.InputGradients;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * A shard in double whose searches are real and which remembers what it is told to. What searches
 * asked and found is told. Shapes: N samples, m of them perturbed.
 */
class OpenShard extends ForwardingShard {
  /** All samples of a case. */
  static final List<Integer> ALL = IntStream.range(0, TwinCase.N).boxed().toList();

  private final UnaryOperator<Tensor> network;
  private final InnerMaximiser inner;
  private final List<Integer> rows;
  private final List<double[]> asked = new ArrayList<>();
  private final List<double[]> found = new ArrayList<>();
  private double[] memory;

  /**
   * A shard.
   *
   * @param shard gives all else
   * @param network from inputs {@code [m, ...]} to logits {@code [m, K]}
   * @param inner the experiment's search
   * @param rows of the samples that do not stay clean
   */
  OpenShard(
      ShardContext shard, UnaryOperator<Tensor> network, InnerMaximiser inner, List<Integer> rows) {
    super(shard);
    this.network = network;
    this.inner = inner;
    this.rows = List.copyOf(rows);
    memory = shard.remembered();
  }

  /** On a case's own network. */
  static OpenShard of(ShardContext shard, InnerMaximiser inner) {
    return new OpenShard(shard, shard::logits, inner, ALL);
  }

  /** What each search found, {@code [N, ...]}. */
  List<double[]> found() {
    return found;
  }

  /** The inputs of each pass forward and back of the searches, {@code [m, ...]}. */
  List<double[]> asked() {
    return asked;
  }

  /** Forgets what searches asked and found, not what it was told to remember. */
  void nextEpoch() {
    asked.clear();
    found.clear();
  }

  @Override
  public Tensor logits(Tensor x) {
    return network.apply(x);
  }

  @Override
  public InnerMaximiser inner() {
    return inner;
  }

  @Override
  public double[] remembered() {
    return memory.clone();
  }

  @Override
  public void remember(double[] values) {
    memory = values.clone();
  }

  @Override
  public Tensor adversarial(Search search, Reference reference) {
    Tensor some = Tensors.of(rows.stream().mapToLong(i -> i).toArray(), rows.size()); // [m]
    List<Seed> seeds = seeds("inner");
    Tensor perturbed = // [m, ...]
        search.find(
            new Search.Ground(
                gradients(),
                inner,
                threat(),
                inputs().indexSelect(0, some),
                reference.at(some),
                rows.stream().map(seeds::get).toList(),
                rows));
    Tensor all = inputs().clone().indexCopyInPlace(0, some, perturbed); // [N, ...]
    found.add(all.toDoubles());
    return all;
  }

  @Override
  public InputGradients gradients() {
    return new Slopes();
  }

  /** Of the network, in double. */
  private final class Slopes implements InputGradients {
    @Override
    public Pass pass(Tensor x, UnaryOperator<Tensor> cotangent) {
      asked.add(x.toDoubles());
      Tensor leaf = x.asLeaf(); // [m, ...]
      Tensor z = network.apply(leaf); // [m, K]
      Tensor upper = cotangent.apply(z.detach()).to(z.type()); // [m, K]
      return new Pass(z.detach(), Autograd.vjp(z, leaf, upper));
    }

    @Override
    public Tensor logits(Tensor x) {
      return network.apply(x).detach();
    }

    @Override
    public void close() {}
  }
}
