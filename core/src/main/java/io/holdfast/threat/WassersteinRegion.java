package io.holdfast.threat;

import io.holdfast.common.Seed;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.List;

/** Variables are transport plans; see {@link Wasserstein} and, for shapes, {@link Transport}. */
final class WassersteinRegion implements Region {
  private final double epsilon;
  private final Domain domain;
  private final Transport transport;
  private final Tensor inside; // [1, 1, K, H, W] 1 where the neighbour is in the image
  private Tensor clean; // [N, C, H, W]

  WassersteinRegion(Wasserstein set, Tensor clean, Domain domain) {
    epsilon = set.epsilon();
    this.domain = domain;
    this.clean = clean;
    transport = new Transport(set.window());
    Tensor ones = Tensors.ones(1, 1, clean.size(2), clean.size(3)).to(clean.device());
    inside = transport.around(ones);
  }

  @Override
  public Tensor clean() {
    return clean;
  }

  @Override
  public Tensor origin() {
    return Tensors.zeros(
            clean.size(0), clean.size(1), transport.neighbours(), clean.size(2), clean.size(3))
        .to(clean.device());
  }

  /** The best plan for a linear objective that is drawn at random. */
  @Override
  public Tensor randomStart(List<Seed> seeds) {
    Tensor start = origin();
    try (Scope scope = Scope.open()) {
      Tensor slopes = Tensors.zerosLike(clean); // [N, C, H, W]
      for (int i = 0; i < seeds.size(); i++) {
        Tensor row = slopes.select(0, i);
        row.copyFrom(Rng.of(seeds.get(i)).normal(row.shape()));
      }
      start.copyFrom(best(pullBack(start, slopes)));
    }
    return start;
  }

  @Override
  public Tensor apply(Tensor variables) {
    Tensor change = transport.arriving(variables).sub(Transport.leaving(variables));
    return clean.add(change, domain.width()).clamp(domain.low(), domain.high());
  }

  @Override
  public Tensor pullBack(Tensor variables, Tensor gradient) {
    return transport
        .around(gradient) // [N, C, K, H, W] where mass arrives
        .sub(gradient.unsqueeze(2))
        .mulInPlace(inside)
        .mulInPlace(domain.width());
  }

  /**
   * Goes {@code fraction} of the way to the plan that raises the objective most, as Frank-Wolfe's
   * method does, so that no projection is needed: between two plans all are admissible.
   */
  @Override
  public void step(Tensor variables, Tensor gradient, double fraction) {
    try (Scope scope = Scope.open()) {
      Tensor target = best(gradient);
      double part = Math.min(1, fraction);
      variables.mulInPlace(1 - part).addInPlace(target, part);
    }
  }

  private Tensor best(Tensor gains) {
    Tensor masses = masses();
    Tensor budget = budget(masses);
    double[] budgets = budget.toDoubles();
    int height = Math.toIntExact(clean.size(2));
    int width = Math.toIntExact(clean.size(3));
    Tensor plans = Tensors.zerosLike(gains); // [N, C, K, H, W]
    for (int i = 0; i < budgets.length; i++) {
      Tensor plan = plans.select(0, i); // [C, K, H, W]
      float[] own = masses.select(0, i).toFloats();
      float[] slopes = gains.select(0, i).toFloats();
      float[] found = new BestPlan(transport, own, slopes, height, width, budgets[i]).find();
      plan.copyFrom(Tensors.of(found, plan.shape()));
    }
    return transport.within(budget, plans);
  }

  /** Above the domain's lower end, in parts of its width. */
  private Tensor masses() {
    return clean.sub(domain.low()).mulInPlace(1 / domain.width()); // [N, C, H, W]
  }

  /** The longest way in all, {@code [N, 1, 1, 1, 1]}, float64. */
  private Tensor budget(Tensor masses) {
    return masses.to(DType.FLOAT64).sum(1, 2, 3).mulInPlace(epsilon).view(-1, 1, 1, 1, 1);
  }

  /** The nearest plan but for pixels that would overflow, which send back what is too much. */
  @Override
  public void project(Tensor variables) {
    try (Scope scope = Scope.open()) {
      Tensor masses = masses();
      Tensor budget = budget(masses);
      Tensor wanted = variables.clampMin(0).mulInPlace(inside);
      if (!admissible(wanted, masses, budget)) {
        Tensor plan = new NearestPlan(transport, masses, wanted, budget).find();
        wanted = transport.filled(masses, transport.within(budget, plan));
      }
      variables.copyFrom(wanted);
    }
  }

  private boolean admissible(Tensor plan, Tensor masses, Tensor budget) {
    double rounding = Wasserstein.TOLERANCE / 10;
    Tensor stays = masses.sub(Transport.leaving(plan)); // [N, C, H, W]
    return stays.min().item() >= -rounding
        && stays.add(transport.arriving(plan)).max().item() <= 1 + rounding
        && transport.way(plan).sub(budget.mul(1 + rounding)).max().item() <= 0;
  }

  @Override
  public void retain(Tensor positions, SharedScope owner) {
    clean = Region.moveUp(clean, positions, owner);
  }
}
