package io.holdfast.train;

import io.holdfast.common.SettingsReader;
import io.holdfast.model.graph.Graph.Parameter;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.ParameterSpec.Kind;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Workers;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Changes weights by gradients; owns its state until closed. One thread at a time. */
public interface Optimiser extends AutoCloseable {
  /**
   * One step, in place.
   *
   * @param weights the tensors to change, the same list at every step
   * @param gradients of the same shapes, float32
   * @param learningRate the rate of this step
   */
  void step(List<Tensor> weights, List<Tensor> gradients, double learningRate);

  /**
   * The same step by several threads, where the optimiser changes numbers one by one; any number of
   * them gives the same bits.
   */
  default void step(
      List<Tensor> weights, List<Tensor> gradients, double learningRate, Workers workers) {
    step(weights, gradients, learningRate);
  }

  /** State tensors by name, for checkpoints; read and written in place. */
  Map<String, Tensor> state();

  @Override
  void close();

  /**
   * How to optimise.
   *
   * @param name {@code sgd}, {@code adamw} or {@code muon}
   * @param learningRate the peak, above 0; for Muon that of matrices
   * @param momentum for SGD and Muon, in [0, 1)
   * @param nesterov for SGD and Muon
   * @param beta1 for AdamW, in [0, 1)
   * @param beta2 for AdamW, in [0, 1)
   * @param weightDecay L2 in SGD's gradient, decoupled in AdamW and Muon; at least 0
   * @param schedule of the learning rate
   * @param otherRate for Muon: the peak of vectors and of the output layer, above 0
   */
  record Config(
      String name,
      double learningRate,
      double momentum,
      boolean nesterov,
      double beta1,
      double beta2,
      double weightDecay,
      Schedule schedule,
      double otherRate) {
    /**
     * All of it.
     *
     * @throws IllegalArgumentException if a number is out of its range
     */
    public Config {
      requireAbove0("learning rate", learningRate);
      requireAbove0("other rate", otherRate);
      requireBelow1("momentum", momentum);
      requireBelow1("beta1", beta1);
      requireBelow1("beta2", beta2);
      if (!(weightDecay >= 0) || Double.isInfinite(weightDecay)) {
        throw new IllegalArgumentException("weight decay: at least 0, found " + weightDecay);
      }
    }

    private static void requireAbove0(String what, double value) {
      if (!(value > 0) || Double.isInfinite(value)) {
        throw new IllegalArgumentException(what + ": above 0, found " + value);
      }
    }

    private static void requireBelow1(String what, double value) {
      if (!(value >= 0 && value < 1)) {
        throw new IllegalArgumentException(what + ": in [0, 1), found " + value);
      }
    }

    /** One rate for all weights. */
    public Config(
        String name,
        double learningRate,
        double momentum,
        boolean nesterov,
        double beta1,
        double beta2,
        double weightDecay,
        Schedule schedule) {
      this(
          name,
          learningRate,
          momentum,
          nesterov,
          beta1,
          beta2,
          weightDecay,
          schedule,
          learningRate);
    }

    /** SGD with Nesterov momentum 0.9 and weight decay 5e-4, cyclic. */
    public static Config sgd(double learningRate) {
      return new Config("sgd", learningRate, 0.9, true, 0.9, 0.999, 5e-4, Schedule.cyclic());
    }

    /** AdamW with betas 0.9 and 0.999 and weight decay 0.01, cosine. */
    public static Config adamw(double learningRate) {
      return new Config("adamw", learningRate, 0, false, 0.9, 0.999, 0.01, Schedule.cosine());
    }

    /** Muon with Nesterov momentum 0.95 and weight decay 5e-4, cyclic; the rest at 0.05. */
    public static Config muon(double learningRate) {
      return new Config(
          "muon", learningRate, 0.95, true, 0.9, 0.999, 5e-4, Schedule.cyclic(), 0.05);
    }

    /** Reads the section {@code optimiser}. */
    public static Config read(SettingsReader reader, String key) {
      SettingsReader s = reader.textOrSection(key, "sgd");
      String name = s.choice("name", "sgd", List.of("sgd", "adamw", "muon"));
      boolean adam = name.equals("adamw");
      boolean muon = name.equals("muon");
      Config base =
          switch (name) {
            case "adamw" -> adamw(1e-3);
            case "muon" -> muon(0.02);
            default -> sgd(0.05);
          };
      double rate = s.positive("learning_rate", base.learningRate);
      return new Config(
          name,
          rate,
          adam ? 0 : s.number("momentum", base.momentum, 0, 0.9999),
          !adam && s.flag("nesterov", base.nesterov),
          adam ? s.number("beta1", base.beta1, 0, 0.9999) : base.beta1,
          adam ? s.number("beta2", base.beta2, 0, 0.999999) : base.beta2,
          s.number("weight_decay", base.weightDecay, 0, 1),
          Schedule.read(s, "schedule", base.schedule.shape()),
          muon ? s.positive("other_rate", base.otherRate) : rate);
    }

    /**
     * A fresh optimiser for weights of a network.
     *
     * @param trained which of its weights are changed, in the order in which steps get them
     */
    public Optimiser create(Network network, List<Parameter> trained) {
      List<Tensor> weights = trained.stream().map(p -> network.weight(p.name())).toList();
      return create(weights, hidden(network, trained));
    }

    /** Positions of the kernels and matrices of hidden layers among what is trained. */
    static Set<Integer> hidden(Network network, List<Parameter> trained) {
      List<String> kernels =
          network.graph().parameters().stream()
              .filter(p -> p.spec().kind() == Kind.WEIGHT && p.spec().shape().rank() > 1)
              .map(Parameter::name)
              .toList();
      List<String> hidden = kernels.subList(0, Math.max(0, kernels.size() - 1));
      return IntStream.range(0, trained.size())
          .filter(i -> hidden.contains(trained.get(i).name()))
          .boxed()
          .collect(Collectors.toSet());
    }

    /**
     * A fresh optimiser for these weights.
     *
     * @param matrices positions of the weights of hidden layers
     */
    Optimiser create(List<Tensor> weights, Set<Integer> matrices) {
      return switch (name) {
        case "adamw" -> new AdamW(this, weights);
        case "muon" -> new Muon(this, weights, matrices);
        default -> new Sgd(this, weights);
      };
    }
  }
}
