package io.holdfast.train;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.common.Progress;
import io.holdfast.common.Seed;
import io.holdfast.common.SettingsReader;
import io.holdfast.data.Dataset;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.ThreatModel;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The section {@code train.layers}: of a model that has been trained already, the layers are
 * trained that amplify adversarial perturbations most; the others not at all, or gently.
 *
 * @param trained how many layers, at least 1
 * @param examples training samples by which they are found, at least 1
 * @param others part of the learning rate at which the other layers are trained, in [0, 1]; 0 for
 *     not at all
 */
public record LayerChoice(int trained, int examples, double others) {
  private static final InnerMaximiser SEARCH = new InnerMaximiser(7, 0.25, Start.UNIFORM);

  /** Reads the section; null where it is missing. */
  public static @Nullable LayerChoice read(SettingsReader train) {
    if (!train.has("layers")) {
      return null;
    }
    SettingsReader s = train.section("layers");
    return new LayerChoice(
        s.integer("trained", 4, 1, 1_000_000),
        s.integer("examples", 256, 1, 1_000_000),
        s.number("others", 0, 0, 1));
  }

  /**
   * Finds the layers of a network, by PGD-7, and freezes the others where they are not to be
   * trained; which ones depends on its weights, the samples and the seed alone.
   *
   * @return the others where they are trained gently; null where they are frozen, or there are none
   */
  public @Nullable Slowed choose(
      Network network,
      Dataset train,
      ThreatModel threat,
      Seed seed,
      Workers workers,
      Progress progress) {
    int[] order = seed.split("layers by sensitivity").permutation(train.size());
    int[] some = Arrays.copyOf(order, Math.min(examples, order.length));
    Arrays.sort(some);
    List<LayerSensitivity.Row> rows =
        LayerSensitivity.of(
            network, train.subset(some), threat, SEARCH, seed.split("sensitivity"), workers);
    List<String> rest = LayerSensitivity.others(rows, trained);
    if (others == 0) {
      network.freeze(rest);
    }
    progress.note(
        "layers that amplify perturbations most are trained: "
            + rows.stream()
                .filter(row -> row.trainable() && !rest.contains(row.layer()))
                .map(
                    row ->
                        String.format(Locale.ROOT, "%s (%.2f)", row.layer(), row.amplification()))
                .collect(Collectors.joining(", "))
            + "; "
            + rest.size()
            + (others == 0 ? " others are frozen" : " others at " + others + " of the rate"));
    return others == 0 || rest.isEmpty() ? null : new Slowed(rest, others);
  }
}
