package io.holdfast.report;

import io.holdfast.common.Provenance;
import io.holdfast.data.image.corruption.Corruption;
import io.holdfast.record.Attempt;
import io.holdfast.record.Example;
import io.holdfast.record.Kind;
import io.holdfast.record.Outcome;
import io.holdfast.record.Pixels;
import io.holdfast.record.Scorecard;
import io.holdfast.record.ScorecardContext;
import io.holdfast.record.SeenAttacks;
import io.holdfast.threat.Norm;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** Two invented models with scorecards computed from real ledger rows. */
final class ReportFixture {
  static final String PGD = "pgd[steps=50,restarts=5]";
  static final List<String> CLASSES =
      List.of(
          "T-shirt/top",
          "Trouser",
          "Pullover",
          "Dress",
          "Coat",
          "Sandal",
          "Shirt",
          "Sneaker",
          "Bag",
          "Ankle boot");
  static final double EPSILON = 0.1;
  private static final String THREAT = "linf:0.1";
  private static final int[] NEIGHBOUR = {6, 3, 4, 0, 2, 7, 0, 9, 5, 7};
  private static final double[] HARDNESS = {.7, .3, .9, .6, 1, .35, 1.6, .4, .25, .3};

  private ReportFixture() {}

  static Report comparison() {
    return comparison(ReportFixture::drawn);
  }

  static Report comparison(Pictures pictures) {
    return Report.builder()
        .title("fashion-linf: Fashion-MNIST, small-cnn")
        .model("standard", standard(), curves(1), examples(pictures, 1))
        .model("hardened", hardened(), curves(.3), examples(pictures, .3))
        .command("./holdfast quickstart --out quickstart")
        .build();
  }

  static Scorecard standard() {
    return card(CLASSES, 400, .022, 0.07, Set.of());
  }

  static Scorecard hardened() {
    return card(CLASSES, 400, .35, 0.16, Set.of("pgd[steps=7]"));
  }

  /** A standard model, and nobody recorded how it was trained. */
  static Scorecard ofUnknownTraining() {
    return card(CLASSES, 400, .03, 0.11, SeenAttacks.UNKNOWN);
  }

  /** A model evaluated on clean images only. */
  static Scorecard notAttacked() {
    Random random = new Random(1);
    List<Attempt> rows = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      int label = i % CLASSES.size();
      int answer = i % 7 == 0 ? (label + 1) % CLASSES.size() : label;
      float sure = .6f + .4f * random.nextFloat();
      rows.add(Attempt.clean(i, label).predicted(answer, sure, sure).build());
    }
    return Scorecard.of(rows, context(CLASSES, SeenAttacks.all(Set.of())));
  }

  /** As below, of a model whose training is recorded. */
  static Scorecard card(
      List<String> classes, int samples, double margin, double error, Set<String> trainedOn) {
    return card(classes, samples, margin, error, SeenAttacks.all(trainedOn));
  }

  /** A scorecard in which a sample falls at an epsilon drawn around {@code margin}. */
  static Scorecard card(
      List<String> classes, int samples, double margin, double error, SeenAttacks trainedOn) {
    List<Attempt> rows = new ArrayList<>();
    Random random = new Random(42);
    for (int i = 0; i < samples; i++) {
      int label = i % classes.size();
      double hard = HARDNESS[label % HARDNESS.length];
      boolean wrong = random.nextDouble() < error * hard * 1.5;
      double falls = margin * Math.pow(-Math.log(random.nextDouble()), .7) / Math.sqrt(hard);
      int other = NEIGHBOUR[label % NEIGHBOUR.length] % classes.size();
      int neighbour = other == label ? (label + 1) % classes.size() : other;
      int target = random.nextInt(4) > 0 ? neighbour : (label + 1) % classes.size();
      float sure = (float) (1 - .45 * random.nextDouble() * hard * (margin > .1 ? 1 : .3));
      rows.add(
          Attempt.clean(i, label)
              .seed(7)
              .predicted(wrong ? target : label, sure, wrong ? 1 - sure : sure)
              .build());
      Sample sample = new Sample(i, label, wrong, falls, target, sure);
      rows.add(sample.attack(Kind.VERDICT, "fgsm", EPSILON, 1.4, 1));
      rows.add(sample.attack(Kind.VERDICT, PGD, EPSILON, 1, 250));
      for (double epsilon : new double[] {.02, .04, .06, .08, .15, .2}) {
        rows.add(sample.attack(Kind.CURVE, PGD, epsilon, 1, 250));
      }
      for (Corruption type : Corruption.ALL) {
        for (int severity = 1; severity <= Corruption.SEVEREST; severity++) {
          rows.add(sample.corrupted(type, severity));
        }
      }
    }
    return Scorecard.of(rows, context(classes, trainedOn));
  }

  private record Sample(
      int id, int label, boolean wrong, double falls, int target, float confidence) {

    Attempt corrupted(Corruption type, int severity) {
      int luck = (37 * id + 11 * type.number()) % 100; // some types are harder than others
      boolean right = !wrong && luck > severity * (2 + 3 * (type.number() % 5));
      return Attempt.of(Kind.CORRUPTION, type.key(), id, label)
          .threat("corruption", severity)
          .predicted(right ? label : target, confidence, right ? confidence : 0.1f)
          .build();
    }

    Attempt attack(Kind kind, String attack, double epsilon, double weakness, int work) {
      boolean fell = !wrong && falls * weakness < epsilon;
      Outcome outcome = wrong ? Outcome.SKIPPED_WRONG : fell ? Outcome.FELL : Outcome.HELD;
      float sure = (float) Math.max(.2, confidence - (fell ? .15 : .25));
      return Attempt.of(kind, attack, id, label)
          .threat(THREAT, epsilon)
          .seed(7)
          .outcome(outcome)
          .predicted(wrong || fell ? target : label, sure, fell ? 1 - sure : sure)
          .distances(wrong ? 0 : 700, wrong ? 0 : 50, wrong ? 0 : 2.1, wrong ? 0 : epsilon)
          .ssim(wrong ? 1 : .8)
          .queries(wrong ? 0 : work)
          .gradients(wrong ? 0 : work)
          .build();
    }
  }

  static ScorecardContext context(List<String> classes, SeenAttacks trainedOn) {
    Map<String, Object> threat = new LinkedHashMap<>();
    threat.put("perturbation", "linf");
    threat.put("epsilon", EPSILON);
    threat.put("domain", List.of(0, 1));
    threat.put("goal", "any-wrong");
    threat.put("knowledge", "white-box");
    Map<String, Object> configuration = new LinkedHashMap<>();
    configuration.put("name", "fashion-linf");
    configuration.put("seed", 7);
    configuration.put("model", Map.of("architecture", "small-cnn"));
    configuration.put("threat", threat);
    Map<String, String> hashes = new LinkedHashMap<>();
    hashes.put("train", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
    hashes.put("test", "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752");
    return ScorecardContext.of(
            THREAT,
            new Provenance("0.1.0", "LibTorch 2.10.0", "Linux x86-64", 7, hashes, configuration))
        .ball(Norm.LINF, EPSILON)
        .threatModel(threat)
        .classNames(classes)
        .trainedOn(trainedOn)
        .timing(Map.of("evaluate", 38.4))
        .build();
  }

  static LearningCurves curves(double height) {
    List<LearningCurves.Point> loss = new ArrayList<>();
    List<LearningCurves.Point> clean = new ArrayList<>();
    List<LearningCurves.Point> robust = new ArrayList<>();
    List<LearningCurves.Weakest> weakest = new ArrayList<>();
    Random random = new Random(3);
    for (int step = 1; step <= 80; step++) {
      double value = (1.6 - height * .7) * Math.exp(-step / 18.0) + .75 - .5 * height;
      loss.add(new LearningCurves.Point(step / 20.0, value + .06 * random.nextGaussian()));
    }
    for (int epoch = 1; epoch <= 4; epoch++) {
      double grown = 1 - Math.exp(-epoch * 1.1);
      clean.add(new LearningCurves.Point(epoch, (.78 + .14 * height) * grown));
      double held = Math.max(0, (1 - height) * 1.05 * grown);
      robust.add(new LearningCurves.Point(epoch, held));
      weakest.add(new LearningCurves.Weakest(epoch, held * .43, 47));
    }
    return new LearningCurves(loss, clean, robust, weakest, course(robust), List.of());
  }

  private static LearningCurves.Course course(List<LearningCurves.Point> robust) {
    List<LearningCurves.Point> own = new ArrayList<>();
    List<LearningCurves.Point> epsilon = new ArrayList<>();
    List<LearningCurves.Weakness> weakness = new ArrayList<>();
    for (LearningCurves.Point p : robust) {
      own.add(new LearningCurves.Point(p.epoch(), Math.min(1, p.value() * 1.13)));
      epsilon.add(new LearningCurves.Point(p.epoch(), .0251 * p.epoch()));
      Map<Integer, Double> classes = new HashMap<>();
      for (int label = 0; label < 10; label++) {
        classes.put(label, label * .0913 / p.epoch());
      }
      weakness.add(new LearningCurves.Weakness(p.epoch(), classes));
    }
    List<LearningCurves.Point> probes = List.of(new LearningCurves.Point(1.5, .3141));
    return new LearningCurves.Course(own, probes, epsilon, weakness);
  }

  /** Where the clean images come from. */
  interface Pictures {
    Pixels image(int index);
  }

  static List<Example> examples() {
    return examples(ReportFixture::drawn, .5);
  }

  static List<Example> examples(Pictures pictures, double weakness) {
    List<Example> examples = new ArrayList<>();
    int[] labels = {9, 2, 1, 1, 6, 1}; // of the first images of Fashion-MNIST's test set
    for (int i = 0; i < labels.length; i++) {
      boolean fooled = i < 6 * weakness;
      Pixels clean = pictures.image(i);
      examples.add(
          new Example(
              i,
              labels[i],
              labels[i],
              .98 - .03 * i,
              fooled ? NEIGHBOUR[labels[i]] : labels[i],
              .91 - .06 * i,
              PGD,
              clean,
              perturbed(clean, i),
              null));
    }
    return examples;
  }

  private static Pixels perturbed(Pixels clean, int seed) {
    Random random = new Random(seed);
    float[] values = clean.values();
    for (int i = 0; i < values.length; i++) {
      float change = (float) (EPSILON * Math.signum(random.nextGaussian()));
      values[i] = Math.max(0, Math.min(1, values[i] + change));
    }
    return Pixels.of(values, clean.channels(), clean.height(), clean.width());
  }

  /** A grey disc, a different one for each index. */
  static Pixels drawn(int index) {
    float[] values = new float[28 * 28];
    for (int i = 0; i < values.length; i++) {
      int row = i / 28;
      double distance = Math.hypot(i % 28 - 13.5, row - 13.5);
      values[i] = distance < 6 + index ? .35f + .09f * index : 0;
    }
    return Pixels.of(values, 1, 28, 28);
  }
}
