package io.holdfast.threat;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testkit.threat.PerturbationSetContract;
import io.holdfast.testkit.threat.SetRow;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every perturbation set under the contract. */
class PerturbationSetContractTest extends PerturbationSetContract {
  private static final Long[] IMAGE = {2L, 6L, 9L};

  @Override
  protected Stream<SetRow> rows() {
    Product product =
        new Product(
            List.of(
                new Product.Part(0, 4, new Additive(Norm.L2, 0.3)),
                new Product.Part(6, 11, CodeChanges.bitFlips(2))));
    return Stream.of(
        SetRow.of(new Additive(Norm.LINF, 0.1), IMAGE),
        SetRow.of(new Additive(Norm.L2, 1.5), IMAGE),
        SetRow.of(new Additive(Norm.L1, 3), IMAGE),
        SetRow.of(new Additive(Norm.L0, 5), IMAGE),
        SetRow.of(new Additive(Norm.L2, Double.POSITIVE_INFINITY), IMAGE),
        SetRow.of(new PixelChanges(3), IMAGE),
        SetRow.of(new SquarePatch(3), IMAGE),
        SetRow.of(new Frame(1), IMAGE),
        SetRow.of(new RotationTranslation(30, 0.1), IMAGE),
        SetRow.of(new Flow(1.7, 3), IMAGE),
        SetRow.of(new Recolouring(0.2, 3, 1), IMAGE),
        SetRow.of(new Recolouring(0.2, 3, 1), 1L, 1L, 1L),
        SetRow.of(new Recolouring(0.06, 5, 1, Recolouring.Colours.LUV), 3L, 5L, 6L),
        SetRow.of(new Wasserstein(0.3, 3), IMAGE),
        SetRow.of(new Wasserstein(0.5), IMAGE),
        SetRow.of(new CommonCorruptions(3), 3L, 8L, 9L),
        SetRow.whole(new CodeChanges(4, 3), 3, 9L),
        SetRow.whole(product, 1, 11L),
        SetRow.of(
            new Union(List.of(new Additive(Norm.LINF, 0.05), new Additive(Norm.L1, 3))), IMAGE));
  }

  /** A new kind of set needs a row. */
  @Test
  void everyKindHasARow() {
    Set<String> kinds = rows().map(row -> row.set().kind()).collect(Collectors.toSet());
    assertThat(kinds).containsAll(PerturbationSets.NAMES);
  }
}
