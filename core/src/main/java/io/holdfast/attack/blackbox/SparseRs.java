package io.holdfast.attack.blackbox;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Knobs;
import io.holdfast.common.Records;
import io.holdfast.threat.Frame;
import io.holdfast.threat.PixelChanges;
import io.holdfast.threat.PixelSet;
import io.holdfast.threat.SquarePatch;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.IntToDoubleFunction;
import java.util.random.RandomGenerator;

/**
 * Sparse-RS (Croce et al. 2022, algorithm 1, sections 4 to 6): random search over the pixels that
 * differ and their colours, all of which are corners of the colour cube; proposals change fewer of
 * them as queries are spent. A patch is moved now and then. Raises the margin, or towards a target
 * minus its cross-entropy.
 *
 * @param queries per sample and round, the first point included, at least 1
 * @param alphaInit share that the first proposals change, above 0; by default 0.3 for pixels, 0.4
 *     for a patch, 0.5 for a frame
 * @param rescale whether the schedule, made for 10,000 queries, is stretched to the queries there
 *     are
 * @param restarts rounds on samples that still stand, at least 1
 */
public record SparseRs(int queries, OptionalDouble alphaInit, boolean rescale, int restarts)
    implements ScoreAttack<SparseRs> {
  private static final String NAME = "sparse-rs";

  /** The registry's line. */
  public static final AttackSpec<SparseRs> SPEC =
      new AttackSpec<>(
          NAME,
          "random search over pixels, a patch or a frame",
          List.of(PixelChanges.NAME, SquarePatch.NAME, Frame.NAME),
          "Croce et al. 2022, algorithm 1, sections 4 to 6",
          queries(10_000),
          List.of(
              Knobs.count(
                  "queries",
                  "queries per round, at least 1",
                  SparseRs::queries,
                  SparseRs::withQueries),
              Knobs.ownNumber(
                  "alpha_init",
                  "0.3 for pixels, 0.4 for a patch, 0.5 for a frame",
                  List.of(0.3, 0.4, 0.5),
                  "share that the first proposals change",
                  SparseRs::alphaInit,
                  SparseRs::alphaInit),
              Knobs.flag(
                  "resc_schedule",
                  "whether the schedule is stretched to the queries",
                  SparseRs::rescale,
                  SparseRs::rescale),
              Knobs.restarts(SparseRs::restarts)));

  public SparseRs {
    ScoreAttack.requireCount(NAME, "queries", queries);
    double alpha = alphaInit.orElse(1);
    ScoreAttack.require(NAME, "alpha_init", "a number above 0", alpha > 0, alpha);
    ScoreAttack.requireCount(NAME, "restarts", restarts);
  }

  /** The paper's settings but for the number of queries, which there is 10,000. */
  public static SparseRs queries(int number) {
    return new SparseRs(number, OptionalDouble.empty(), true, 1);
  }

  private SparseRs withQueries(int number) {
    return Records.with(this, "queries", number);
  }

  public SparseRs alphaInit(double share) {
    return Records.with(this, "alphaInit", OptionalDouble.of(share));
  }

  public SparseRs rescale(boolean stretched) {
    return Records.with(this, "rescale", stretched);
  }

  public SparseRs restarts(int number) {
    return Records.with(this, "restarts", number);
  }

  @Override
  public AttackSpec<SparseRs> spec() {
    return SPEC;
  }

  @Override
  public Walk walk(Canvas canvas, int planned, float[] clean, RandomGenerator random) {
    PixelSet set = (PixelSet) canvas.set();
    if (set instanceof SquarePatch) {
      return new PatchWalk(share(Schedule.REGIONS, 0.4, planned), planned, canvas, clean, random);
    }
    return set instanceof Frame
        ? new FrameWalk(share(Schedule.REGIONS, 0.5, planned), canvas, clean, random)
        : new PixelsWalk(share(Schedule.PIXELS, 0.3, planned), canvas, clean, random);
  }

  /** The share that a query's proposal changes, by the query's number. */
  private IntToDoubleFunction share(Schedule schedule, double usual, int planned) {
    double first = alphaInit.orElse(usual);
    return query -> schedule.share(first, query, planned, rescale);
  }
}
