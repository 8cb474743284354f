package io.holdfast.threat;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/** Variables are images {@code [N, C, H, W]} of which some pixels differ from the clean ones. */
final class PixelRegion extends SparseRegion {
  private final PixelSet set;

  PixelRegion(PixelSet set, Tensor clean, Domain domain) {
    super(clean, domain);
    if (clean.rank() != 4) {
      throw new InvalidInputException(
          "threat model " + set.key(),
          "perturbation",
          "inputs that are images [C, H, W]",
          "inputs of shape " + Arrays.toString(clean.shape()));
    }
    this.set = set;
  }

  /** Pixels at random, as many as may change, of uniformly drawn colours. */
  @Override
  public Tensor randomStart(List<Seed> seeds) {
    Tensor start = origin(); // [N, C, H, W]
    int height = Math.toIntExact(start.size(2));
    int width = Math.toIntExact(start.size(3));
    try (Scope scope = Scope.open()) {
      for (int i = 0; i < seeds.size(); i++) {
        Tensor image = start.select(0, i); // [C, H, W]
        RandomGenerator random = seeds.get(i).generator();
        boolean[] chosen = set.draw(random, height, width);
        float[] values = image.toFloats();
        for (int j = 0; j < values.length; j++) {
          if (chosen[j % chosen.length]) {
            values[j] = clamp(domain.low() + domain.width() * random.nextDouble());
          }
        }
        image.copyFrom(Tensors.of(values, image.shape()));
      }
    }
    return start;
  }

  private float clamp(double value) {
    return Math.max((float) domain.low(), Math.min((float) domain.high(), (float) value));
  }

  /**
   * Moves every value by {@code fraction} of the domain's width along the gradient's sign, then
   * keeps the pixels that may change together and whose changes raise a linear objective most.
   */
  @Override
  public void step(Tensor variables, Tensor gradient, double fraction) {
    try (Scope scope = Scope.open()) {
      Tensor moved = variables.add(gradient.sign(), fraction * domain.width()); // [N, C, H, W]
      moved.clampInPlace(domain.low(), domain.high());
      Tensor gain = moved.sub(clean()).to(DType.FLOAT64).mulInPlace(gradient); // [N, C, H, W]
      keep(variables, moved, gain);
    }
  }

  @Override
  void keep(Tensor variables, Tensor x, Tensor worth) {
    Tensor chosen = set.best(worth.sum(1)).unsqueeze(1); // [N, 1, H, W]
    variables.copyFrom(Tensors.where(chosen, x, clean()));
  }
}
