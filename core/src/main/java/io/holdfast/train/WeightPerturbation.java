package io.holdfast.train;

import io.holdfast.common.SettingsReader;
import io.holdfast.model.graph.Graph.Parameter;
import io.holdfast.model.graph.ParameterSpec.Kind;
import io.holdfast.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where near the present weights a step takes its gradient: at the ones that the loss dislikes most
 * to first order, within a size. The step itself starts from the present weights. The adversarial
 * examples, dropout masks and clean figures are those of the present weights, and so are the
 * statistics of batch norms.
 */
public sealed interface WeightPerturbation {
  /** The name in experiment files. */
  String name();

  /** Progress in [0, 1] before which the weights are left alone. */
  double from();

  /** The same from another progress on. */
  WeightPerturbation from(double progress);

  /** Whether it is at work at some progress. */
  default boolean works(double progress) {
    return progress >= from();
  }

  /**
   * The weights to take the gradient at, in the innermost open scope.
   *
   * @param parameters what is trained
   * @param weights the present values, in the same order
   * @param gradients of the batch's mean loss there
   */
  List<Tensor> perturbed(List<Parameter> parameters, List<Tensor> weights, List<Tensor> gradients);

  /**
   * Adversarial weight perturbation (Wu et al. 2020, equations 7 to 9 with one step, which the
   * authors recommend): each matrix or kernel moves along its gradient by {@code gamma} times its
   * own norm. Biases and normalisations stay.
   *
   * @param gamma at least 0; the authors take 0.01 for PGD-AT and 0.005 for TRADES
   */
  record Awp(double gamma, double from) implements WeightPerturbation {
    @Override
    public String name() {
      return "awp";
    }

    @Override
    public Awp from(double progress) {
      return new Awp(gamma, progress);
    }

    @Override
    public List<Tensor> perturbed(
        List<Parameter> parameters, List<Tensor> weights, List<Tensor> gradients) {
      List<Tensor> moved = new ArrayList<>();
      for (int i = 0; i < weights.size(); i++) {
        Tensor w = weights.get(i);
        Tensor g = gradients.get(i);
        Kind kind = parameters.get(i).spec().kind();
        boolean matrix = kind == Kind.WEIGHT || kind == Kind.TABLE;
        moved.add(matrix ? w.add(g, gamma * norm(w) / (norm(g) + TINY)) : w.clone());
      }
      return moved;
    }
  }

  /**
   * Sharpness-aware minimisation (Foret et al. 2021, equation 2): all weights together move along
   * the gradient by a Euclidean length of {@code rho}.
   *
   * @param rho at least 0; the authors take 0.05
   */
  record Sam(double rho, double from) implements WeightPerturbation {
    @Override
    public String name() {
      return "sam";
    }

    @Override
    public Sam from(double progress) {
      return new Sam(rho, progress);
    }

    @Override
    public List<Tensor> perturbed(
        List<Parameter> parameters, List<Tensor> weights, List<Tensor> gradients) {
      double factor = rho / (norm(gradients) + TINY);
      List<Tensor> moved = new ArrayList<>();
      for (int i = 0; i < weights.size(); i++) {
        moved.add(weights.get(i).add(gradients.get(i), factor));
      }
      return moved;
    }
  }

  /**
   * Adaptive sharpness-aware minimisation (Kwon et al. 2021, equation 10): as {@link Sam}, where
   * each weight's room is in proportion to its size, {@code T = |w| + eta}; biases have {@code T =
   * 1}.
   *
   * @param rho at least 0; the authors take 0.5
   * @param eta at least 0; the authors take 0.01
   */
  record Asam(double rho, double eta, double from) implements WeightPerturbation {
    @Override
    public String name() {
      return "asam";
    }

    @Override
    public Asam from(double progress) {
      return new Asam(rho, eta, progress);
    }

    @Override
    public List<Tensor> perturbed(
        List<Parameter> parameters, List<Tensor> weights, List<Tensor> gradients) {
      List<@Nullable Tensor> rooms = new ArrayList<>();
      List<Tensor> scaled = new ArrayList<>();
      for (int i = 0; i < weights.size(); i++) {
        Kind kind = parameters.get(i).spec().kind();
        boolean bias = kind == Kind.BIAS || kind == Kind.SHIFT;
        Tensor room = bias ? null : weights.get(i).abs().add(eta); // T
        rooms.add(room);
        scaled.add(room == null ? gradients.get(i) : gradients.get(i).mul(room)); // T g
      }
      double factor = rho / (norm(scaled) + TINY);
      List<Tensor> moved = new ArrayList<>();
      for (int i = 0; i < weights.size(); i++) {
        Tensor room = rooms.get(i);
        Tensor along = room == null ? scaled.get(i) : scaled.get(i).mul(room); // T^2 g
        moved.add(weights.get(i).add(along, factor));
      }
      return moved;
    }
  }

  /** Keeps a gradient of zero from moving anything, as in the authors' programs. */
  double TINY = 1e-16;

  private static double norm(Tensor t) {
    return Math.sqrt(t.square().sum().item());
  }

  private static double norm(List<Tensor> all) {
    double square = 0;
    for (Tensor t : all) {
      square += t.square().sum().item();
    }
    return Math.sqrt(square);
  }

  /**
   * Reads {@code awp} or {@code {name: sam, rho: 0.1, from: 0.2}}; null where the key is missing.
   */
  static @Nullable WeightPerturbation read(SettingsReader train, String key) {
    if (!train.has(key)) {
      return null;
    }
    SettingsReader s = train.textOrSection(key, "awp");
    String name = s.choice("name", "awp", List.of("awp", "sam", "asam"));
    double from = s.number("from", 0, 0, 0.999_999);
    return switch (name) {
      case "sam" -> new Sam(s.number("rho", 0.05, 0, 1e6), from);
      case "asam" -> new Asam(s.number("rho", 0.5, 0, 1e6), s.number("eta", 0.01, 0, 1e6), from);
      default -> new Awp(s.number("gamma", 0.01, 0, 1e6), from);
    };
  }

  /** The weights to take the gradient at, by name. */
  default Map<String, Tensor> byName(
      List<Parameter> parameters, List<Tensor> weights, List<Tensor> gradients) {
    List<Tensor> moved = perturbed(parameters, weights, gradients);
    Map<String, Tensor> named = new LinkedHashMap<>();
    for (int i = 0; i < moved.size(); i++) {
      named.put(parameters.get(i).name(), moved.get(i));
    }
    return named;
  }
}
