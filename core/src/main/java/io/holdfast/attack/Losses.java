package io.holdfast.attack;

import io.holdfast.common.InvalidInputException;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The losses that attacks maximise, with their derivatives in closed form. Shapes: N batch, K
 * classes. With targets each has its targeted form.
 */
public enum Losses implements Loss {
  /** Cross-entropy with the label; towards a target, minus the cross-entropy with the target. */
  CE {
    @Override
    public Tensor value(Tensor logits, Reference r) {
      return r.targets() == null
          ? Nn.crossEntropy(logits, r.labels()) // [N]
          : Nn.crossEntropy(logits, r.targets()).neg(); // [N]
    }

    @Override
    public Tensor cotangent(Tensor logits, Reference r) {
      Tensor p = Nn.softmax(logits, 1); // [N, K]
      return r.targets() == null
          ? p.subInPlace(oneHot(r.labels(), logits)) // [N, K]
          : oneHot(r.targets(), logits).subInPlace(p); // [N, K]
    }
  },

  /**
   * The margin of the best wrong logit over the label's; towards a target, of the target's over the
   * best other one (Carlini and Wagner 2017, section VI.A, without clipping).
   */
  CW {
    @Override
    public Tensor value(Tensor logits, Reference r) {
      return at(logits, up(logits, r)).subInPlace(at(logits, down(logits, r))); // [N]
    }

    @Override
    public Tensor cotangent(Tensor logits, Reference r) {
      return oneHot(up(logits, r), logits).subInPlace(oneHot(down(logits, r), logits)); // [N, K]
    }

    private Tensor up(Tensor logits, Reference r) {
      return r.targets() == null ? bestOther(logits, r.labels()) : r.targets(); // [N]
    }

    private Tensor down(Tensor logits, Reference r) {
      return r.targets() == null ? r.labels() : bestOther(logits, r.targets()); // [N]
    }
  },

  /**
   * Difference of logits ratio (Croce and Hein 2020, equation 6; targeted, equation 7): a margin
   * that no rescaling of the logits changes. Needs three classes. With targets and three classes
   * the second and third largest logit stand for the third and fourth: the third alone would make
   * the loss of a third-placed target constant.
   */
  DLR {
    @Override
    public int minClasses(boolean targeted) {
      return 3;
    }

    @Override
    public int publishedClasses(boolean targeted) {
      return targeted ? 4 : 3;
    }

    @Override
    public Tensor value(Tensor logits, Reference r) {
      requireClasses(this, logits, r);
      return margin(logits, r).div(LogitSpread.value(logits, r)).neg(); // [N]
    }

    @Override
    public Tensor cotangent(Tensor logits, Reference r) {
      requireClasses(this, logits, r);
      Tensor scale = LogitSpread.value(logits, r).reciprocal().unsqueeze(1); // [N, 1]
      Tensor ratio = margin(logits, r).unsqueeze(1).mul(scale); // [N, 1]
      Tensor top = oneHot(r.labels(), logits).sub(oneHot(rival(logits, r), logits)); // [N, K]
      Tensor bottom = LogitSpread.slope(logits, r).mul(ratio); // [N, K]
      return bottom.sub(top).mul(scale); // [N, K]
    }

    private Tensor rival(Tensor logits, Reference r) {
      return r.targets() == null ? bestOther(logits, r.labels()) : r.targets(); // [N]
    }

    /** z_y - max z_i, or z_y - z_t: {@code [N]}. */
    private Tensor margin(Tensor logits, Reference r) {
      return at(logits, r.labels()).sub(at(logits, rival(logits, r)));
    }
  },

  /**
   * Minimal difference: how far one wrong logit is above the label's. Without targets it is the
   * best wrong one, as in {@link #CW}; with targets it is the target's, whatever the other classes
   * do (Gowal et al. 2019, section 3, the surrogate loss of multi-targeted attacks).
   */
  MD {
    @Override
    public Tensor value(Tensor logits, Reference r) {
      return at(logits, up(logits, r)).subInPlace(at(logits, r.labels())); // [N]
    }

    @Override
    public Tensor cotangent(Tensor logits, Reference r) {
      return oneHot(up(logits, r), logits).subInPlace(oneHot(r.labels(), logits)); // [N, K]
    }

    private Tensor up(Tensor logits, Reference r) {
      return r.targets() == null ? bestOther(logits, r.labels()) : r.targets(); // [N]
    }
  },

  /**
   * One logit alone: minus the label's; towards a target, the target's (Zhao et al. 2021, equation
   * 4), whose gradient does not fade as the target's probability grows.
   */
  LOGIT {
    @Override
    public Tensor value(Tensor logits, Reference r) {
      Tensor own = at(logits, anchor(r)); // [N]
      return r.targets() == null ? own.neg() : own;
    }

    @Override
    public Tensor cotangent(Tensor logits, Reference r) {
      Tensor own = oneHot(anchor(r), logits); // [N, K]
      return r.targets() == null ? own.neg() : own;
    }
  },

  /**
   * Kullback-Leibler divergence of the clean probabilities from the present ones, the inner loss of
   * TRADES (Zhang et al. 2019, equation 5). Needs the clean probabilities. Its slope at the clean
   * input is 0. Towards a target, minus the divergence of the target alone, which is {@link #CE}.
   */
  KL {
    @Override
    public Tensor value(Tensor logits, Reference r) {
      if (r.targets() != null) {
        return CE.value(logits, r); // [N]
      }
      Tensor p = clean(r); // [N, K]
      Tensor log = p.clampMin(Float.MIN_NORMAL).log(); // [N, K]; 0 log 0 is 0
      return p.mul(log.sub(Nn.logSoftmax(logits, 1))).sum(1); // [N]
    }

    @Override
    public boolean flatAtSource() {
      return true;
    }

    @Override
    public Tensor cotangent(Tensor logits, Reference r) {
      return r.targets() != null
          ? CE.cotangent(logits, r) // [N, K]
          : Nn.softmax(logits, 1).subInPlace(clean(r)); // [N, K]
    }

    private Tensor clean(Reference r) {
      return Objects.requireNonNull(r.probabilities(), "kl needs the clean probabilities");
    }
  };

  @Override
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The class that is pushed away or, with targets, pulled near. */
  private static Tensor anchor(Reference r) {
    @Nullable Tensor targets = r.targets();
    return targets == null ? r.labels() : targets;
  }

  private static Tensor oneHot(Tensor classes, Tensor logits) {
    return Nn.oneHot(classes, logits.size(1));
  }

  /** The logit of each sample's class, {@code [N]}. */
  private static Tensor at(Tensor logits, Tensor classes) {
    return logits.gather(1, classes.unsqueeze(1)).squeeze(1);
  }

  /** The class with the largest logit but {@code classes}, {@code [N]}. */
  private static Tensor bestOther(Tensor logits, Tensor classes) {
    return logits
        .clone()
        .scatterInPlace(1, classes.unsqueeze(1), Double.NEGATIVE_INFINITY)
        .argmax(1);
  }

  private static void requireClasses(Loss loss, Tensor logits, Reference r) {
    int least = loss.minClasses(r.targets() != null);
    if (logits.size(1) < least) {
      throw new InvalidInputException(
          "loss " + loss.key(),
          "",
          "a model of at least " + least + " classes",
          logits.size(1) + " classes");
    }
  }
}
