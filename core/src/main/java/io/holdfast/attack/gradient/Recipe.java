package io.holdfast.attack.gradient;

import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Knob;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.View;
import io.holdfast.common.Records;
import io.holdfast.common.Seed;
import java.util.ArrayList;
import java.util.List;

/**
 * The parts that an {@link Ascent} is composed of. Any goes with any other: MI-, NI-, SI-, DI-,
 * TI-, VMI-, VNI- and PI-FGSM and what has been made of them are recipes.
 *
 * @param momentum how earlier gradients take part
 * @param views what the model sees instead of the point
 * @param mixing other images in what it sees
 * @param compression of what it sees
 * @param smoothing of the gradients
 * @param neighbours whose gradients correct the next one
 * @param patches longer steps whose excess is handed on
 */
public record Recipe(
    Momentum momentum,
    Views views,
    Mixing mixing,
    Compression compression,
    Smoothing smoothing,
    Neighbours neighbours,
    Patches patches) {
  /** Each step by the gradient of its point. */
  public static final Recipe PLAIN =
      new Recipe(
          Momentum.NONE,
          Views.PLAIN,
          Mixing.NONE,
          Compression.NONE,
          Smoothing.NONE,
          Neighbours.NONE,
          Patches.NONE);

  public Recipe with(Momentum part) {
    return Records.with(this, "momentum", part);
  }

  public Recipe with(Views part) {
    return Records.with(this, "views", part);
  }

  public Recipe with(Mixing part) {
    return Records.with(this, "mixing", part);
  }

  public Recipe with(Compression part) {
    return Records.with(this, "compression", part);
  }

  public Recipe with(Smoothing part) {
    return Records.with(this, "smoothing", part);
  }

  public Recipe with(Neighbours part) {
    return Records.with(this, "neighbours", part);
  }

  public Recipe with(Patches part) {
    return Records.with(this, "patches", part);
  }

  static List<Knob<Recipe>> knobs() {
    List<Knob<Recipe>> all = new ArrayList<>();
    Momentum.knobs().forEach(k -> all.add(Knobs.of(Recipe::momentum, Recipe::with, k)));
    Views.knobs().forEach(k -> all.add(Knobs.of(Recipe::views, Recipe::with, k)));
    Mixing.knobs().forEach(k -> all.add(Knobs.of(Recipe::mixing, Recipe::with, k)));
    Compression.knobs().forEach(k -> all.add(Knobs.of(Recipe::compression, Recipe::with, k)));
    Smoothing.knobs().forEach(k -> all.add(Knobs.of(Recipe::smoothing, Recipe::with, k)));
    Neighbours.knobs().forEach(k -> all.add(Knobs.of(Recipe::neighbours, Recipe::with, k)));
    Patches.knobs().forEach(k -> all.add(Knobs.of(Recipe::patches, Recipe::with, k)));
    return all;
  }

  /** Whether the model sees the points where gradients are taken. */
  boolean plainlySeen() {
    return views.plain() && mixing.none() && compression.none();
  }

  /** Whether the first pass of a step sees the point itself. */
  boolean seesThePoint() {
    return momentum.kind() != Momentum.Kind.NESTEROV && plainlySeen();
  }

  /** Whether it works on images alone. */
  boolean needsImages() {
    return views.diversity() > 0 || !compression.none() || !smoothing.none() || !patches.none();
  }

  /**
   * What the model sees at one step: every mixture under every quality under every view.
   *
   * @param eot how often each is taken
   * @param seeds of the step, one per sample
   */
  List<View> views(AttackTask task, int eot, List<Seed> seeds) {
    List<View> below = new ArrayList<>();
    for (View compressed : compression.views(task.threat().domain())) {
      mixing.views(task, seeds).forEach(mixed -> below.add(compressed.then(mixed)));
    }
    List<View> above = views.of(eot * below.size(), seeds);
    int each = above.size() / below.size();
    List<View> all = new ArrayList<>();
    for (int i = 0; i < above.size(); i++) {
      all.add(below.get(i / each).then(above.get(i)));
    }
    return all;
  }

  /** Gradients that one step takes, each averaged over so many passes. */
  int gradients(int eot) {
    int seen = views.scales() * Math.max(1, mixing.images()) * Math.max(1, compression.qualities());
    return eot * seen * (1 + neighbours.samples());
  }
}
