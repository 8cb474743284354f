package io.holdfast.attack.gradient;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Losses;
import io.holdfast.attack.StepSize;
import io.holdfast.attack.Targeting;
import io.holdfast.attack.gradient.Momentum.Kind;
import java.util.List;

/**
 * The names under which compositions of {@link Composed} are known, each with its own defaults. All
 * take the same settings, so that {@code di-fgsm[decay=1,momentum=heavy-ball]} is M-DI2-FGSM.
 *
 * @param name in the registry, such as {@code mi-fgsm}
 * @param summary one sentence
 * @param paper author, year, section
 * @param reach the length of a step as a function of their number
 * @param run steps, start, loss, targets, and which iterates count
 * @param recipe the parts
 */
public record Line(String name, String summary, String paper, Reach reach, Pgd run, Recipe recipe) {
  /** Steps as Kurakin et al. take them: their length is such that all together go 1.25 epsilon. */
  public static final Line BIM =
      line(
          "bim",
          "basic iterative method: FGSM in small steps from the clean input",
          "Kurakin et al. 2017, section 2.2",
          Reach.BIM,
          Pgd.steps(10).randomStart(false),
          Recipe.PLAIN);

  /** PGD with accumulated gradients. */
  public static final Line MOMENTUM_PGD =
      line(
          "momentum-pgd",
          "PGD with momentum",
          "Dong et al. 2018, section 3; start and steps of Madry et al. 2018",
          Reach.STANDARD,
          Pgd.steps(10),
          Recipe.PLAIN.with(Momentum.of(Kind.HEAVY_BALL)));

  /** PGD with Nesterov's accelerated gradients. */
  public static final Line NESTEROV_PGD =
      line(
          "nesterov-pgd",
          "PGD with Nesterov's accelerated gradient",
          "Lin et al. 2020, section 3.1; start and steps of Madry et al. 2018",
          Reach.STANDARD,
          Pgd.steps(10),
          Recipe.PLAIN.with(Momentum.of(Kind.NESTEROV)));

  /** PGD with Adam. */
  public static final Line ADAM_PGD =
      line(
          "adam-pgd",
          "PGD whose steps are Adam's",
          "Uesato et al. 2018, section 4.1",
          Reach.STANDARD,
          Pgd.steps(10),
          Recipe.PLAIN.with(Momentum.of(Kind.ADAM)));

  /** One run towards each wrong class by the difference of its logit and the label's. */
  public static final Line MT_PGD =
      line(
          "mt-pgd",
          "multi-targeted PGD: towards each wrong class in turn by the difference of two logits",
          "Gowal et al. 2019, section 3, algorithm 1",
          Reach.STANDARD,
          Pgd.steps(100).loss(Losses.MD).targeting(Targeting.ALL),
          Recipe.PLAIN.with(Momentum.of(Kind.ADAM)));

  /** Momentum iterative FGSM. */
  public static final Line MI_FGSM =
      line(
          "mi-fgsm",
          "momentum iterative FGSM, for transfer",
          "Dong et al. 2018, algorithm 1",
          Recipe.PLAIN.with(Momentum.of(Kind.HEAVY_BALL)));

  /** Nesterov iterative FGSM. */
  public static final Line NI_FGSM =
      line(
          "ni-fgsm",
          "Nesterov iterative FGSM, for transfer",
          "Lin et al. 2020, section 3.1",
          Recipe.PLAIN.with(Momentum.of(Kind.NESTEROV)));

  /** Nesterov over scale copies. */
  public static final Line SI_NI_FGSM =
      line(
          "si-ni-fgsm",
          "Nesterov iterative FGSM averaged over five brightnesses, for transfer",
          "Lin et al. 2020, algorithm 1",
          Recipe.PLAIN.with(Momentum.of(Kind.NESTEROV)).with(Views.scales(5)));

  /** Diverse inputs, no momentum. */
  public static final Line DI_FGSM =
      line(
          "di-fgsm",
          "iterative FGSM on randomly shrunk and placed inputs, for transfer",
          "Xie et al. 2019, section 3.3 (DI2-FGSM)",
          Recipe.PLAIN.with(Views.diversity(0.5)));

  /** Smoothed gradients, no momentum. */
  public static final Line TI_FGSM =
      line(
          "ti-fgsm",
          "iterative FGSM on gradients smoothed by a kernel of 15 pixels, for transfer",
          "Dong et al. 2019, section 3.4 (TI-BIM)",
          Recipe.PLAIN.with(new Smoothing(Smoothing.Kernel.GAUSSIAN, 15)));

  /** Variance tuning with momentum. */
  public static final Line VMI_FGSM =
      line(
          "vmi-fgsm",
          "momentum iterative FGSM with variance tuning, for transfer",
          "Wang and He 2021, algorithm 1",
          Recipe.PLAIN.with(Momentum.of(Kind.HEAVY_BALL)).with(Neighbours.STANDARD));

  /** Variance tuning with Nesterov's momentum. */
  public static final Line VNI_FGSM =
      line(
          "vni-fgsm",
          "Nesterov iterative FGSM with variance tuning, for transfer",
          "Wang and He 2021, section 3.3",
          Recipe.PLAIN.with(Momentum.of(Kind.NESTEROV)).with(Neighbours.STANDARD));

  /** Patch-wise steps. */
  public static final Line PI_FGSM =
      line(
          "pi-fgsm",
          "patch-wise iterative FGSM, for transfer",
          "Gao et al. 2020, algorithm 1",
          Recipe.PLAIN.with(Patches.STANDARD));

  /** Images of other classes mixed in, over scale copies, with momentum. */
  public static final Line ADMIX =
      line(
          "admix",
          "momentum iterative FGSM on five brightnesses of mixtures with other images, for"
              + " transfer",
          "Wang et al. 2021, algorithm 1",
          Recipe.PLAIN
              .with(Momentum.of(Kind.HEAVY_BALL))
              .with(Views.scales(5))
              .with(Mixing.STANDARD));

  /** What survives JPEG. */
  public static final Line JPEG_PGD =
      line(
          "jpeg-pgd",
          "PGD through differentiable JPEG of several qualities, so that changes survive being"
              + " saved",
          "Shin and Song 2017, sections 3 and 4",
          Reach.STANDARD,
          Pgd.steps(20).track(Pgd.Track.LAST),
          Recipe.PLAIN.with(Compression.STANDARD));

  /** The general line: iterative FGSM, to be composed by settings. */
  public static final Line COMPOSED =
      line(
          "composed",
          "iterative FGSM, to be composed of momentum, views, mixtures, JPEG, smoothing, neighbours"
              + " and patches",
          "Kurakin et al. 2017, section 2.2, and the papers of the parts",
          Recipe.PLAIN);

  /** All of them, in the order of the documentation. */
  static final List<Line> ALL =
      List.of(
          BIM,
          MOMENTUM_PGD,
          NESTEROV_PGD,
          ADAM_PGD,
          MT_PGD,
          MI_FGSM,
          NI_FGSM,
          SI_NI_FGSM,
          DI_FGSM,
          TI_FGSM,
          VMI_FGSM,
          VNI_FGSM,
          PI_FGSM,
          ADMIX,
          JPEG_PGD,
          COMPOSED);

  /** The length of a step as a function of their number. */
  public enum Reach {
    /** As in PGD. */
    STANDARD(StepSize.STANDARD) {
      @Override
      StepSize of(int steps) {
        return StepSize.standard(steps);
      }
    },
    /** All steps together go 1.25 epsilon. */
    BIM("1.25 epsilon/steps") {
      @Override
      StepSize of(int steps) {
        return StepSize.relative(1.25 / steps);
      }
    },
    /** All steps together go epsilon, as MI-FGSM and its descendants have it. */
    ONCE("epsilon/steps") {
      @Override
      StepSize of(int steps) {
        return StepSize.relative(1.0 / steps);
      }
    };

    final String words;

    Reach(String words) {
      this.words = words;
    }

    abstract StepSize of(int steps);
  }

  private static Line line(
      String name, String summary, String paper, Reach reach, Pgd run, Recipe recipe) {
    Pgd reaching = run.steps(run.steps(), reach.of(run.steps()));
    return new Line(name, summary, paper, reach, reaching, recipe);
  }

  /** Ten steps from the clean input of which the last counts. */
  private static Line line(String name, String summary, String paper, Recipe recipe) {
    Pgd ten = Pgd.steps(10).randomStart(false).track(Pgd.Track.LAST);
    return line(name, summary, paper, Reach.ONCE, ten, recipe);
  }

  /** The perturbation sets that its own recipe works on. */
  List<String> sets() {
    return recipe.patches().none() ? AttackSpec.BALLS : List.of("linf");
  }

  /** With every default. */
  Composed usual() {
    return new Composed(this, run, recipe);
  }
}
