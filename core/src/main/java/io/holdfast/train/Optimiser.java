package io.holdfast.train;

import io.holdfast.common.SettingsReader;
import io.holdfast.tensor.Tensor;
import java.util.List;
import java.util.Map;

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

  /** State tensors by name, for checkpoints; read and written in place. */
  Map<String, Tensor> state();

  @Override
  void close();

  /**
   * How to optimise.
   *
   * @param name {@code sgd} or {@code adamw}
   * @param learningRate the peak
   * @param momentum for SGD, in [0, 1)
   * @param nesterov for SGD
   * @param beta1 for AdamW, in [0, 1)
   * @param beta2 for AdamW, in [0, 1)
   * @param weightDecay L2 in SGD's gradient, decoupled in AdamW
   * @param schedule of the learning rate
   */
  record Config(
      String name,
      double learningRate,
      double momentum,
      boolean nesterov,
      double beta1,
      double beta2,
      double weightDecay,
      Schedule schedule) {

    /** SGD with Nesterov momentum 0.9 and weight decay 5e-4, cyclic. */
    public static Config sgd(double learningRate) {
      return new Config("sgd", learningRate, 0.9, true, 0.9, 0.999, 5e-4, Schedule.cyclic());
    }

    /** AdamW with betas 0.9 and 0.999 and weight decay 0.01, cosine. */
    public static Config adamw(double learningRate) {
      return new Config("adamw", learningRate, 0, false, 0.9, 0.999, 0.01, Schedule.cosine());
    }

    /** Reads the section {@code optimiser}. */
    public static Config read(SettingsReader reader, String key) {
      SettingsReader s = reader.textOrSection(key, "sgd");
      String name = s.choice("name", "sgd", List.of("sgd", "adamw"));
      Config base = name.equals("sgd") ? sgd(0.05) : adamw(1e-3);
      boolean sgd = name.equals("sgd");
      return new Config(
          name,
          s.positive("learning_rate", base.learningRate),
          sgd ? s.number("momentum", base.momentum, 0, 0.9999) : 0,
          sgd && s.flag("nesterov", base.nesterov),
          sgd ? base.beta1 : s.number("beta1", base.beta1, 0, 0.9999),
          sgd ? base.beta2 : s.number("beta2", base.beta2, 0, 0.999999),
          s.number("weight_decay", base.weightDecay, 0, 1),
          Schedule.read(s, "schedule", base.schedule.shape()));
    }

    /** A fresh optimiser for these weights. */
    public Optimiser create(List<Tensor> weights) {
      return name.equals("sgd") ? new Sgd(this, weights) : new AdamW(this, weights);
    }
  }
}
