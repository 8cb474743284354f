package io.holdfast.attack.gradient;

import io.holdfast.attack.Knob;
import io.holdfast.attack.Knobs;
import java.util.ArrayList;
import java.util.List;

/**
 * The parts that an {@link Ascent} is composed of. Any goes with any other: MI-, NI-, SI-, DI-,
 * TI-, VMI-, VNI- and PI-FGSM and what has been made of them are recipes.
 *
 * @param momentum how earlier gradients take part
 * @param views what the model sees instead of the point
 * @param smoothing of the gradients
 * @param neighbours whose gradients correct the next one
 * @param patches longer steps whose excess is handed on
 */
public record Recipe(
    Momentum momentum, Views views, Smoothing smoothing, Neighbours neighbours, Patches patches) {
  /** Each step by the gradient of its point. */
  public static final Recipe PLAIN =
      new Recipe(Momentum.NONE, Views.PLAIN, Smoothing.NONE, Neighbours.NONE, Patches.NONE);

  public Recipe with(Momentum part) {
    return new Recipe(part, views, smoothing, neighbours, patches);
  }

  public Recipe with(Views part) {
    return new Recipe(momentum, part, smoothing, neighbours, patches);
  }

  public Recipe with(Smoothing part) {
    return new Recipe(momentum, views, part, neighbours, patches);
  }

  public Recipe with(Neighbours part) {
    return new Recipe(momentum, views, smoothing, part, patches);
  }

  public Recipe with(Patches part) {
    return new Recipe(momentum, views, smoothing, neighbours, part);
  }

  static List<Knob<Recipe>> knobs() {
    List<Knob<Recipe>> all = new ArrayList<>();
    Momentum.knobs().forEach(k -> all.add(Knobs.of(Recipe::momentum, Recipe::with, k)));
    Views.knobs().forEach(k -> all.add(Knobs.of(Recipe::views, Recipe::with, k)));
    Smoothing.knobs().forEach(k -> all.add(Knobs.of(Recipe::smoothing, Recipe::with, k)));
    Neighbours.knobs().forEach(k -> all.add(Knobs.of(Recipe::neighbours, Recipe::with, k)));
    Patches.knobs().forEach(k -> all.add(Knobs.of(Recipe::patches, Recipe::with, k)));
    return all;
  }

  /** Whether the first pass of a step sees the point itself. */
  boolean seesThePoint() {
    return momentum.kind() != Momentum.Kind.NESTEROV && views.plain();
  }

  /** Whether it works on images alone. */
  boolean needsImages() {
    return views.diversity() > 0 || !smoothing.none() || !patches.none();
  }

  /** Gradients that one step takes, each averaged over so many passes. */
  int gradients(int eot) {
    return eot * views.scales() * (1 + neighbours.samples());
  }
}
