package io.holdfast.evaluate;

import io.holdfast.attack.Attack;
import io.holdfast.attack.Logits;
import io.holdfast.attack.Losses;
import io.holdfast.attack.Reference;
import io.holdfast.model.Classifier;
import io.holdfast.model.InputGradients;
import io.holdfast.record.Attempt;
import io.holdfast.record.AttemptKey;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.ThreatModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Warnings in plain words for the scorecard: signs that gradient attacks cannot see the model, so
 * that its robust accuracy may be false (Athalye, Carlini and Wagner 2018, section 3.1), and what
 * time has cut off.
 */
final class Observations {
  private static final double FEW = 0.05;
  private static final double SUM = 1e-3;
  private static final double RANDOM = 1e-4;
  private static final double GAIN = 0.002; // of all samples, as the original has it
  private static final double NOTABLE = 0.02;
  private static final int NOTABLE_SAMPLES = 2;
  private static final int MANY_CLASSES = 10; // for which every loss is the published one

  private final List<String> found = new ArrayList<>();

  List<String> list() {
    return List.copyOf(found);
  }

  /** Outputs that are probabilities, which flatten every loss that takes them for logits. */
  void outputs(float[][] logits) {
    long like = Arrays.stream(logits).filter(Observations::isDistribution).count();
    if (like == logits.length) {
      note(
          "probabilities as logits: the model's outputs are never negative and add up to 1; a"
              + " softmax before the loss hides gradients, so remove it from the model");
    }
  }

  private static boolean isDistribution(float[] z) {
    double sum = 0;
    for (float v : z) {
      if (v < 0) {
        return false;
      }
      sum += v;
    }
    return Math.abs(sum - 1) < SUM;
  }

  /**
   * Outputs that differ where inputs do not: attacks that look once see noise (Croce and Hein 2020,
   * section 5).
   */
  void randomness(float[][] logits, float[][] again) {
    double most = 0;
    int changed = 0;
    for (int i = 0; i < logits.length; i++) {
      most = Math.max(most, relativeDifference(logits[i], again[i]));
      changed += Logits.best(logits[i]) == Logits.best(again[i]) ? 0 : 1;
    }
    if (changed > 0 || most > RANDOM) {
      note(
          "random outputs: the same inputs gave other logits when asked again (by up to %.2g of"
              + " their length; %d of %d predictions changed); single gradients are noise and"
              + " verdicts are draws, so use autoattack[version=rand], or eot=20 with other"
              + " attacks",
          most, changed, logits.length);
    }
  }

  private static double relativeDifference(float[] a, float[] b) {
    double difference = 0;
    double length = 0;
    for (int k = 0; k < a.length; k++) {
      difference += ((double) a[k] - b[k]) * ((double) a[k] - b[k]);
      length += (double) a[k] * a[k];
    }
    return Math.sqrt(difference / Math.max(length, Float.MIN_NORMAL));
  }

  /** A model that computes derivatives of its own when it is asked for logits. */
  void optimisation(Classifier model, Chunk chunk, Workers workers) {
    long derivatives =
        workers
            .map(
                1,
                i -> {
                  long before = Autograd.count();
                  model.logits(chunk.x().slice(0, 0, 1).to(model.device()));
                  return Autograd.count() - before;
                })
            .get(0);
    if (derivatives > 0) {
      note(
          "optimisation at inference: the model computes derivatives itself to answer (%d for one"
              + " input); attacks see a moving target, and an attack adapted to this model may find"
              + " much more",
          derivatives);
    }
  }

  /**
   * Samples predicted right whose loss gradient is zero or not finite, told apart by whether the
   * margin of the logits has one: then only cross-entropy is blind.
   */
  void gradients(Classifier model, Chunk chunk, float[][] logits, Workers workers, int shard) {
    if (!model.differentiable()) {
      return;
    }
    int n = chunk.size();
    try (InputGradients source = model.gradients(Precision.FLOAT32)) {
      List<boolean[][]> blind =
          workers.map(
              (n + shard - 1) / shard,
              s -> blind(source, model.device(), chunk, s * shard, Math.min(n, (s + 1) * shard)));
      int right = 0;
      int unseen = 0;
      int saturated = 0;
      for (int i = 0; i < n; i++) {
        if (Logits.best(logits[i]) == chunk.label(i)) {
          boolean[][] of = blind.get(i / shard);
          right++;
          unseen += of[0][i % shard] ? 1 : 0;
          saturated += of[0][i % shard] && !of[1][i % shard] ? 1 : 0;
        }
      }
      noteBlind(unseen, saturated, right);
    }
  }

  private void noteBlind(int unseen, int saturated, int right) {
    if (unseen - saturated > FEW * right) {
      note(
          "masked gradients: the loss has a gradient that is zero or not finite at %d of %d"
              + " correct samples; gradient attacks are blind there and robust accuracy may be"
              + " false: use score-based attacks such as square, or a smooth stand-in for the part"
              + " without derivative (BPDA)",
          unseen - saturated, right);
    }
    if (saturated > FEW * right) {
      note(
          "masked gradients: cross-entropy has no gradient at %d of %d correct samples, though the"
              + " margin of the logits has one: the logits are so large that probabilities round"
              + " to 0 and 1; attacks on cross-entropy are blind there, so use apgd-dlr, apgd-t or"
              + " loss=dlr",
          saturated, right);
    }
  }

  /** For cross-entropy, then for the margin: who has no gradient, {@code [2][n]}. */
  private static boolean[][] blind(
      InputGradients source, Device device, Chunk chunk, int from, int to) {
    long[] labels = new long[to - from];
    Arrays.setAll(labels, i -> chunk.label(from + i));
    Reference reference = Reference.labels(Tensors.of(labels, labels.length).to(device));
    Tensor x = chunk.x().slice(0, from, to).to(device); // [n, ...]
    return new boolean[][] {
      blind(source, x, reference, Losses.CE), blind(source, x, reference, Losses.CW)
    };
  }

  private static boolean[] blind(
      InputGradients source, Tensor x, Reference reference, Losses loss) {
    Tensor gradient = source.pass(x, z -> loss.cotangent(z, reference)).gradient();
    Tensor size = gradient.abs().reshape(x.size(0), -1).max(1); // [n]
    float[] sizes = size.toFloats();
    boolean[] blind = new boolean[sizes.length];
    for (int i = 0; i < sizes.length; i++) {
      blind[i] = !(sizes[i] > 0 && Float.isFinite(sizes[i]));
    }
    return blind;
  }

  /** What was done to a model of too few classes for the losses of an attack's stages. */
  void classes(NamedAttack named, ThreatModel threat, int classes) {
    int published =
        named.attack().stages(threat, Math.max(classes, MANY_CLASSES)).stream()
            .mapToInt(stage -> stage.publishedClasses(threat))
            .max()
            .orElse(0);
    if (classes == 2 && published > 2) {
      note(
          "few classes: with 2 classes there is no difference of logits ratio; %s attacked the"
              + " margin instead",
          named.key());
    } else if (classes == 3 && published > 3) {
      note(
          "few classes: with 3 classes there is no fourth logit; in %s the second and third stand"
              + " for the third and fourth in the targeted difference of logits ratio",
          named.key());
    }
  }

  /**
   * An attack that sees scores alone and fells what gradients had left standing: within one attack
   * of several stages.
   *
   * @param stages of the attack, in their order, with what they see
   */
  void scoresAfterGradients(NamedAttack named, List<Attack> stages, ThreatModel threat, Seen seen) {
    boolean gradients = false;
    for (Attack stage : stages) {
      if (stage.needs() == Knowledge.WHITE_BOX) {
        gradients = true;
      } else if (gradients) {
        String key = named.key() + Attempt.STAGE_MARK + stage.key();
        long fell = seen.felledBy(key, threat.name(), threat.epsilon());
        if (fell > GAIN * seen.samples()) {
          note(
              "masked gradients: in %s, %s felled %d samples that the gradient attacks before it"
                  + " had left standing; gradients may be masked and robust accuracy too high: try"
                  + " more queries and restarts of square, eot, or an attack adapted to this model",
              named.key(), stage.key(), fell);
        }
      }
    }
  }

  /** A cheaper attack that fells more than one with more gradients. */
  void suite(List<AttemptKey> attacks, Seen seen) {
    for (AttemptKey cheap : attacks) {
      for (AttemptKey dear : attacks) {
        compare(cheap, seen.tally(cheap), dear, seen.tally(dear));
      }
    }
  }

  private void compare(AttemptKey cheap, Seen.Tally a, AttemptKey dear, Seen.Tally b) {
    boolean fewer = a.gradients <= 2 && b.gradients >= 5;
    double notable = Math.max(NOTABLE_SAMPLES, NOTABLE * b.attacked);
    if (fewer && a.attacked == b.attacked && a.fell - b.fell > notable) {
      note(
          "masked gradients: %s with at most %d gradients felled %d samples, %s with up to %d only"
              + " %d; a search that is stronger should not find less",
          cheap.attempt(), a.gradients, a.fell, dear.attempt(), b.gradients, b.fell);
    }
  }

  /**
   * A figure beside the attacks for which time ran out.
   *
   * @param done samples that it is over
   * @param all samples that it was to be over
   */
  void cut(String what, int done, int all) {
    if (done < all) {
      note(
          "incomplete: the budget of time ended when %s had %d of %d samples, whole chunks only;"
              + " --resume goes on with the next one",
          what, done, all);
    }
  }

  private void note(String format, Object... values) {
    found.add(String.format(Locale.ROOT, format, values));
  }
}
