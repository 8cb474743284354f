package io.holdfast.train;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.SearchRule.Noisy;
import io.holdfast.attack.StepSize;
import java.util.Locale;

/** What training goes on with after it was overfitted to its own search. */
public enum Remedy {
  /** Projected gradient ascent with four times as many steps, up to 16, of standard length. */
  MORE_STEPS {
    @Override
    boolean applies(Adversary search, TrainJob job) {
      return search.inner().steps() < MOST && job.settings().objective().takesSteps();
    }

    @Override
    Adversary applied(Adversary search) {
      int now = search.inner().steps();
      if (now >= MOST) { // where a curriculum has come to since
        return search;
      }
      int steps = Math.min(MOST, Math.max(4, now * 4));
      double fraction = StepSize.standard(steps).relative();
      InnerMaximiser pgd = new InnerMaximiser(steps, fraction, Start.UNIFORM);
      return new Adversary(pgd, search.gradAlign());
    }
  },

  /** The term that aligns input gradients, with the weight 0.2 of its authors. */
  GRAD_ALIGN {
    @Override
    boolean applies(Adversary search, TrainJob job) {
      return search.gradAlign() < WEIGHT && ObjectiveChecks.derivesTwice(job);
    }

    @Override
    Adversary applied(Adversary search) {
      return new Adversary(search.inner(), WEIGHT);
    }
  },

  /**
   * One step of the whole radius from noise of two radii, see {@link Noisy}; costs nothing, and is
   * enough for small radii only.
   */
  N_FGSM {
    @Override
    boolean applies(Adversary search, TrainJob job) {
      return search.inner().steps() == 1
          && !(search.inner().rule() instanceof Noisy)
          && !job.settings().objective().ownSearch()
          && Methods.takesNoise(job.threat());
    }

    @Override
    Adversary applied(Adversary search) {
      if (search.inner().steps() != 1) { // where a curriculum has come to since
        return search;
      }
      InnerMaximiser once = new InnerMaximiser(1, 1, Start.UNIFORM);
      return new Adversary(once.by(new Noisy(2)), search.gradAlign());
    }
  };

  private static final double WEIGHT = 0.2;
  private static final int MOST = 16;

  /** Whether it would change this search, and can. */
  abstract boolean applies(Adversary search, TrainJob job);

  abstract Adversary applied(Adversary search);

  /** The name in experiment files and metrics, such as {@code n-fgsm}. */
  public String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
