package io.holdfast.attack;

/**
 * How a sample that still stands has fared so far, by which a stage decides whether it is worth a
 * round.
 *
 * @param round of the attack, from 0
 * @param left margin of the label at the point nearest to the goal, as a part of the clean margin:
 *     0 at the boundary, 1 where nothing was gained, more where only losses other than the margin
 *     rose
 * @param byScores how many samples fell to stages that see scores alone after stages that see
 *     gradients had left them standing
 * @param bySmallest how many samples fell to stages that look for the smallest change, and so may
 *     leave the ball, after stages that see gradients and stay inside had left them standing
 */
public record Prospect(int round, double left, int byScores, int bySmallest) {}
