package io.holdfast.train;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.SearchRule.Noisy;
import io.holdfast.attack.StepSize;
import io.holdfast.threat.Additive;
import io.holdfast.threat.Norm;
import io.holdfast.threat.ThreatModel;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What training goes on with after it was overfitted to its own search. */
public enum Remedy {
  /** Projected gradient ascent with four times as many steps, up to 16, of standard length. */
  MORE_STEPS {
    @Override
    boolean applies(Adversary search, TrainJob job) {
      return search.inner().steps() < MOST && job.settings().objective().takesSteps();
    }

    @Override
    Adversary applied(Adversary search, @Nullable ThreatModel threat) {
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

  /**
   * The term that aligns input gradients, with the weight of its authors. Within an L-infinity ball
   * it is 0.02 times ten to the power of epsilon over 8/255 of the domain's width, as in their
   * program, from {@value #LEAST} to {@value #MOST_ALIGNED}, between which they tried it (0.2 for
   * 8/255); elsewhere 0.2.
   */
  GRAD_ALIGN {
    @Override
    boolean applies(Adversary search, TrainJob job) {
      return search.gradAlign() < aligned(job.threat()) && ObjectiveChecks.derivesTwice(job);
    }

    @Override
    Adversary applied(Adversary search, @Nullable ThreatModel threat) {
      return new Adversary(search.inner(), aligned(threat));
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
    Adversary applied(Adversary search, @Nullable ThreatModel threat) {
      if (search.inner().steps() != 1) { // where a curriculum has come to since
        return search;
      }
      InnerMaximiser once = new InnerMaximiser(1, 1, Start.UNIFORM);
      return new Adversary(once.by(new Noisy(2)), search.gradAlign());
    }
  };

  private static final double LEAST = 0.027;
  private static final double MOST_ALIGNED = 2;
  private static final double ELSEWHERE = 0.2;
  private static final int MOST = 16;

  /** Whether it would change this search, and can. */
  abstract boolean applies(Adversary search, TrainJob job);

  /**
   * @param threat model that is trained against, null for none
   */
  abstract Adversary applied(Adversary search, @Nullable ThreatModel threat);

  /** The weight of the term that aligns input gradients. */
  private static double aligned(@Nullable ThreatModel threat) {
    if (threat == null
        || !(threat.set() instanceof Additive ball)
        || ball.norm() != Norm.LINF
        || ball.unlimited()) {
      return ELSEWHERE;
    }
    double steps = ball.epsilon() / threat.domain().width() * 255 / 8;
    return Math.max(LEAST, Math.min(MOST_ALIGNED, 0.02 * Math.pow(10, steps)));
  }

  /** The name in experiment files and metrics, such as {@code n-fgsm}. */
  public String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
