package io.holdfast.attack.minimal;

import io.holdfast.attack.Losses;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Domain;

/**
 * Steps of Adam on w, where the point is {@code middle + half * tanh(w)}, so that it never leaves
 * the box (Carlini and Wagner 2017, section V.B). Shapes: n samples, D components.
 */
final class TanhDescent implements Rounds.Descent {
  /** Keeps points on a face of the box at finite w, as in the authors' program. */
  private static final double INSIDE = 0.999999;

  /** What is small about a change. */
  interface Size {
    /** {@code [n, 1]} of {@code change [n, D]}. */
    Tensor of(Tensor change);

    /** Its derivative, {@code [n, D]}. */
    Tensor slope(Tensor change);
  }

  /** The squared Euclidean length. */
  static final class Squares implements Size {
    @Override
    public Tensor of(Tensor change) {
      return change.square().sumKeep(1);
    }

    @Override
    public Tensor slope(Tensor change) {
      return change.mul(2);
    }
  }

  private final Trail trail;
  private final Size size;
  private final double rate;
  private final double middle;
  private final double half;
  private final Adam adam;
  private final Rows start; // [n, D] where rounds begin
  private final Rows free; // [n, D] 1 where a value may change, else 0
  private final Rows worth; // [n, D] what undoing a change would cost, to first order
  private final Rows w; // [n, D]

  TanhDescent(Trail trail, Size size, double rate) {
    Domain domain = trail.domain();
    this.trail = trail;
    this.size = size;
    this.rate = rate;
    middle = (domain.low() + domain.high()) / 2;
    half = domain.width() / 2;
    adam = new Adam(trail);
    start = trail.remember(trail.clean());
    free = trail.remember(trail.dimensions(), 1);
    worth = trail.remember(trail.dimensions(), 0);
    w = trail.remember(inverse(trail.clean()));
  }

  /** The w of points {@code [n, D]}. */
  private Tensor inverse(Tensor points) {
    Tensor u = points.sub(middle).mul(INSIDE / half); // [n, D]
    return u.add(1).div(u.neg().add(1)).log().mulInPlace(0.5);
  }

  /** The clean inputs, {@code [n, D]}. */
  Tensor clean() {
    return trail.clean();
  }

  /** Where rounds begin, {@code [n, D]}; at first at the clean inputs. */
  Rows start() {
    return start;
  }

  /** 1 where a value may change, else 0, {@code [n, D]}; at first 1 throughout. */
  Rows free() {
    return free;
  }

  /** Change times slope of the margin at the last points judged, {@code [n, D]}, at least 0. */
  Tensor worth() {
    return worth.get();
  }

  @Override
  public Slope look() {
    return trail.look(Losses.CW);
  }

  @Override
  public Look step(Slope slope, Tensor pull, Tensor taken) {
    Tensor change = slope.look().change(); // [n, D]
    worth.set(change.mul(slope.gradient()).abs());
    Tensor u = Nn.tanh(w.get()); // [n, D]
    Tensor along = u.square().neg().addInPlace(1).mulInPlace(half).mul(free.get()); // [n, D]
    Tensor gradient = pull.add(size.slope(change)).mulInPlace(along); // [n, D]
    w.set(w.get().add(adam.direction(gradient), -rate));
    place();
    return slope.look();
  }

  private void place() {
    Tensor points = Nn.tanh(w.get()).mulInPlace(half).addInPlace(middle); // [n, D]
    trail.goTo(Tensors.where(free.get().gt(0), points, trail.clean()));
  }

  @Override
  public Tensor size(Look judged) {
    return size.of(judged.change());
  }

  @Override
  public void restart(Tensor rows) {
    w.set(rows, inverse(start.get()));
    adam.restart(rows);
    place();
  }
}
