package io.holdfast.attack.blackbox.decision;

import io.holdfast.attack.AttackSpec;
import java.util.List;

/**
 * The starts of decision-based attacks as attacks of their own: trails of one kind, one after the
 * other, each followed no farther than where the nearest point so far is, by a ladder and halving.
 * What falls to them needs no adversary.
 *
 * @param effort queries, kind of trail and restarts
 */
public record Blend(Effort effort) implements DecisionAttack<Blend> {
  private static final int QUERIES = 1000;

  /** The registry's line of blends with uniform noise. */
  public static final AttackSpec<Blend> UNIFORM =
      line("blended-noise", "the least blend with uniform noise", Start.UNIFORM, AttackSpec.BALLS);

  /** The registry's line of normal noise. */
  public static final AttackSpec<Blend> GAUSSIAN =
      line("gaussian-ladder", "the least normal noise", Start.GAUSSIAN, AttackSpec.BALLS);

  /** The registry's line of salt and pepper. */
  public static final AttackSpec<Blend> SALT_AND_PEPPER =
      line(
          "salt-and-pepper",
          "the least salt and pepper",
          Start.SALT_AND_PEPPER,
          List.of("linf", "l2", "l1", "l0"));

  /** The registry's line of blends with images. */
  public static final AttackSpec<Blend> IMAGES =
      line(
          "blended-images",
          "the least blend with an image of another class",
          Start.IMAGES,
          AttackSpec.BALLS);

  private static AttackSpec<Blend> line(String name, String what, Start kind, List<String> sets) {
    return new AttackSpec<>(
        name,
        what + " that crosses the boundary, by a ladder and halving",
        sets,
        "",
        new Blend(new Effort(QUERIES, kind, 1)),
        List.of(Effort.queriesKnob(), Effort.restartsKnob()));
  }

  /**
   * Trails of this kind.
   *
   * @param kind any but {@link Start#AUTO}
   */
  public static Blend of(Start kind, int queries) {
    return new Blend(new Effort(queries, kind, 1));
  }

  public Blend {
    if (effort.start() == Start.AUTO) {
      throw new IllegalArgumentException("a blend follows trails of one kind");
    }
  }

  @Override
  public Blend effort(Effort other) {
    return new Blend(other);
  }

  @Override
  public AttackSpec<Blend> spec() {
    return switch (effort.start()) {
      case GAUSSIAN -> GAUSSIAN;
      case SALT_AND_PEPPER -> SALT_AND_PEPPER;
      case IMAGES -> IMAGES;
      default -> UNIFORM;
    };
  }

  /** Images are those of the class that is wanted; noise is what it is. */
  @Override
  public boolean steers() {
    return effort.start() == Start.IMAGES;
  }

  @Override
  public Walk walk(Site site) {
    return new BlendWalk(site);
  }
}
