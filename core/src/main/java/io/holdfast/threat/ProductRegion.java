package io.holdfast.threat;

import io.holdfast.common.Seed;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import java.util.List;
import java.util.function.BiConsumer;

/** The regions of the parts, each on a slice of the flattened inputs {@code [N, D]}. */
final class ProductRegion extends InputRegion {
  private final List<Product.Part> parts;
  private final List<Region> regions;

  ProductRegion(Product set, Tensor clean, Domain domain) {
    super(clean);
    this.parts = set.parts();
    this.regions =
        parts.stream().map(p -> p.set().around(columns(clean, p).clone(), domain)).toList();
  }

  /** {@code [N, to - from]}, a view. */
  private static Tensor columns(Tensor t, Product.Part part) {
    return t.view(t.size(0), -1).slice(1, part.from(), part.to());
  }

  @Override
  public Tensor randomStart(List<Seed> seeds) {
    Tensor start = origin();
    try (Scope scope = Scope.open()) {
      for (int i = 0; i < parts.size(); i++) {
        int part = i;
        List<Seed> own = seeds.stream().map(s -> s.split(part)).toList();
        columns(start, parts.get(i)).copyFrom(regions.get(i).randomStart(own));
      }
    }
    return start;
  }

  @Override
  public void step(Tensor variables, Tensor gradient, double fraction) {
    Tensor slopes = gradient.contiguous();
    changeParts(
        variables,
        (i, own) -> regions.get(i).step(own, columns(slopes, parts.get(i)).contiguous(), fraction));
  }

  @Override
  public void trainingStep(Tensor variables, Tensor gradient, double fraction) {
    Tensor slopes = gradient.contiguous();
    changeParts(
        variables,
        (i, own) ->
            regions.get(i).trainingStep(own, columns(slopes, parts.get(i)).contiguous(), fraction));
  }

  @Override
  public void project(Tensor variables) {
    changeParts(variables, (i, own) -> regions.get(i).project(own));
  }

  /** Lets each part change its own columns; all others go back to the clean values. */
  private void changeParts(Tensor variables, BiConsumer<Integer, Tensor> change) {
    try (Scope scope = Scope.open()) {
      Tensor result = clean().clone(); // [N, ...]
      for (int i = 0; i < parts.size(); i++) {
        Tensor own = columns(variables, parts.get(i)).clone().contiguous(); // [N, d]
        change.accept(i, own);
        columns(result, parts.get(i)).copyFrom(own);
      }
      variables.copyFrom(result);
    }
  }

  @Override
  public void retain(Tensor positions, SharedScope owner) {
    super.retain(positions, owner);
    regions.forEach(region -> region.retain(positions, owner));
  }
}
