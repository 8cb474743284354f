package io.holdfast.data.image;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.SettingsReader;
import io.holdfast.data.SampleForm;
import io.holdfast.data.image.ImageFit.Colour;
import io.holdfast.data.image.ImageFit.Size;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How to read a source; every part may be left out. The keys of a {@code data} section of an
 * experiment file, described by {@link io.holdfast.data.Datasets}.
 *
 * @param split which of several sets within a folder or archive, such as {@code train}
 * @param shape {@code [C, H, W]} of an image, for formats that do not say it
 * @param layout order of the axes of an array; null: inferred where unambiguous
 * @param images name of the array of images
 * @param labels name of the array of labels, or of a file that holds it
 * @param labelColumn name or position (from 0) of the column of labels
 * @param header whether the first line names the columns; null: seen from its content
 * @param classes class names in the order of the labels
 * @param scale of the numbers in a CSV file; null: seen from its content
 * @param fit size and colours of decoded images
 * @param use which labels there must be
 * @param form of samples that these go with, which stands for what is left out; null for none
 */
public record ReadOptions(
    @Nullable String split,
    @Nullable List<Integer> shape,
    @Nullable Layout layout,
    @Nullable String images,
    @Nullable String labels,
    @Nullable String labelColumn,
    @Nullable Boolean header,
    @Nullable List<String> classes,
    @Nullable Scale scale,
    ImageFit fit,
    LabelUse use,
    @Nullable SampleForm form) {

  /** Everything left out. */
  public static final ReadOptions DEFAULTS =
      new ReadOptions(
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          ImageFit.AS_IS,
          LabelUse.TASK,
          null);

  private static final int LARGEST = 1 << 14;
  private static final String AUTO = "auto";

  /**
   * Reads the keys {@code split}, {@code shape}, {@code layout} (auto, nhw, nchw, nhwc), {@code
   * images}, {@code labels}, {@code label_column}, {@code header} (auto, yes, no), {@code classes}
   * (a list of names), {@code scale} (auto, byte, unit), {@code resize} and {@code crop} ({@code
   * [height, width]} or one number for both) and {@code colour} (auto, grey, rgb) of a section.
   * Problems go to the section's.
   */
  public static ReadOptions read(SettingsReader section) {
    List<Integer> shape = section.integers("shape", List.of(), 1, LARGEST);
    if (shape.size() == 1 || shape.size() > 3) {
      section.reject(
          "shape", "[channels, height, width] or [height, width]", shape.toString(), null);
    }
    String layout = section.choice("layout", AUTO, List.of(AUTO, "nhw", "nchw", "nhwc"));
    String header = section.choice("header", AUTO, List.of(AUTO, "yes", "no"));
    String scale = section.choice("scale", AUTO, List.of(AUTO, "byte", "unit"));
    List<String> classes = section.texts("classes", List.of());
    if (classes.stream().distinct().count() < classes.size() || classes.size() == 1) {
      section.reject(
          "classes", "two or more different names", classes.toString(), "such as [cat, dog]");
    }
    return new ReadOptions(
        section.textOrNull("split"),
        shape.isEmpty() ? null : shape,
        layout.equals(AUTO) ? null : Layout.valueOf(layout.toUpperCase(Locale.ROOT)),
        section.textOrNull("images"),
        section.textOrNull("labels"),
        section.textOrNull("label_column"),
        header.equals(AUTO) ? null : header.equals("yes"),
        classes.size() < 2 ? null : classes,
        scale.equals(AUTO) ? null : Scale.valueOf(scale.toUpperCase(Locale.ROOT)),
        new ImageFit(
            size(section, "resize"), size(section, "crop"), section.choice("colour", Colour.AUTO)),
        LabelUse.TASK,
        null);
  }

  /** The keys that were given. */
  private List<String> given() {
    Map<String, Object> all = new LinkedHashMap<>();
    put(all, "split", split);
    put(all, "shape", shape);
    put(all, "layout", layout);
    put(all, "images", images);
    put(all, "labels", labels);
    put(all, "label_column", labelColumn);
    put(all, "header", header);
    put(all, "classes", classes);
    put(all, "scale", scale);
    put(all, "resize", fit.resize());
    put(all, "crop", fit.crop());
    put(all, "colour", fit.colour() == Colour.AUTO ? null : fit.colour());
    return List.copyOf(all.keySet());
  }

  private static void put(Map<String, Object> all, String key, @Nullable Object value) {
    if (value != null) {
      all.put(key, value);
    }
  }

  /**
   * Refuses what a format has no use for: who asks for it would not get it.
   *
   * @param format such as {@code a CSV file}
   * @param used the keys that it knows
   * @throws InvalidInputException with every other key that was given
   */
  void requireOnly(String source, String format, Set<String> used) {
    Problems problems = new Problems(source);
    for (String key : given()) {
      if (!used.contains(key)) {
        problems.add(key, "nothing for " + format + ", which has no use for it", "it");
      }
    }
    problems.throwIfAny();
  }

  /** The same for samples that must have other labels. */
  public ReadOptions with(LabelUse other) {
    return with(other, form);
  }

  /** The same for samples that go with others. */
  public ReadOptions with(LabelUse labelled, @Nullable SampleForm others) {
    return new ReadOptions(
        split,
        shape,
        layout,
        images,
        labels,
        labelColumn,
        header,
        classes,
        scale,
        fit,
        labelled,
        others);
  }

  private static @Nullable Size size(SettingsReader section, String key) {
    List<Integer> sides = section.integers(key, List.of(), 1, LARGEST);
    if (sides.size() > 2) {
      section.reject(key, "[height, width] or one number for both", sides.toString(), null);
    }
    return sides.isEmpty() ? null : new Size(sides.get(0), sides.get(sides.size() - 1));
  }
}
