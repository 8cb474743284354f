package io.holdfast.attack.blackbox;

import java.util.random.RandomGenerator;

/** A walk that asks about a generation of candidates, none of which waits for another. */
abstract class Population extends Walk {
  /** Candidates of a sample that are asked about in one batch at most. */
  private static final int TOGETHER = 8;

  final int members;
  private int asked;
  private int heard;

  Population(int members, Canvas canvas, float[] clean, RandomGenerator random) {
    super(canvas, clean, random);
    this.members = members;
  }

  @Override
  final int ahead() {
    return Math.min(TOGETHER, members - asked);
  }

  @Override
  final void propose(int query) {
    render(asked++);
  }

  @Override
  final boolean hear(double loss) {
    int member = heard++;
    boolean higher = loss > highest();
    if (higher) {
      render(member);
      keepIfHigher(loss);
    }
    answer(member, loss);
    if (heard == members) {
      asked = breed();
      heard = asked;
    }
    return higher;
  }

  /** Writes a candidate to {@link #next}, admissible; always the same one until it breeds. */
  abstract void render(int member);

  /** Takes the loss of a candidate, in their order. */
  abstract void answer(int member, double loss);

  /**
   * Makes the next generation.
   *
   * @return the first candidate to ask about, above 0 where those before it are known
   */
  abstract int breed();
}
