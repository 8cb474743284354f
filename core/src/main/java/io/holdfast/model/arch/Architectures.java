package io.holdfast.model.arch;

import io.holdfast.common.Call;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Nearest;
import io.holdfast.common.Problems;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import io.holdfast.model.graph.Initialisation;
import io.holdfast.model.graph.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The architectures by name: one row each. */
public final class Architectures {
  private static final Map<String, Family> FAMILIES = new LinkedHashMap<>();

  static {
    FAMILIES.put("mlp", new Mlp());
    FAMILIES.put("small-cnn", new SmallCnn());
    FAMILIES.put("preact-resnet-18", new PreactResNet18());
    FAMILIES.put("wide-resnet", new WideResNet());
    FAMILIES.put("vit", new VisionTransformer());
  }

  private Architectures() {}

  /** The names, in a fixed order. */
  public static List<String> names() {
    return List.copyOf(FAMILIES.keySet());
  }

  /**
   * Reads a name with parameters, such as {@code preact-resnet-18[width=16]} or {@code
   * wide-resnet,depth=28,width=10}. Every architecture takes {@code mean} and {@code std}, a number
   * or a list of one for each channel such as {@code small-cnn[mean=[0.286],std=[0.353]]}, by which
   * it normalises its inputs, and {@code init}, how its weights begin: {@code own}, {@code
   * pytorch}, {@code he-fan-in}, {@code he-fan-out}, {@code transformer} or {@code ibp}.
   *
   * @throws InvalidInputException with every unknown name or parameter and the nearest known one
   */
  public static Blueprint parse(String text) {
    return parse(Call.parseUnbracketed(text));
  }

  /** As {@link #parse(String)}. */
  public static Blueprint parse(Call call) {
    Problems problems = new Problems(call.toString());
    SettingsReader settings = call.toSettings().reader(problems);
    Blueprint blueprint = read(settings);
    settings.finish();
    problems.throwIfAny();
    return blueprint;
  }

  /**
   * Reads a section with the key {@code name} and the parameters beside it, such as one that {@link
   * SettingsReader#textOrSection} gives. Problems go to the reader; the caller ends with {@link
   * SettingsReader#finish} on its outermost reader and {@link Problems#throwIfAny}.
   */
  public static Blueprint read(SettingsReader settings) {
    String name = settings.text(Settings.NAME);
    Family family = FAMILIES.get(name);
    if (family == null) {
      if (!name.isEmpty()) {
        settings.reject(
            Settings.NAME,
            "an architecture: " + String.join(", ", names()),
            name,
            Nearest.hint(name, names()));
      }
      settings.settings(); // parameters of an unknown architecture are not worth a message
      family = new Mlp();
    }
    String label = settings.label();
    Family.Plan plan = family.read(settings);
    Initialisation initialisation = Beginning.read(settings).of(family.initialisation());
    return new Blueprint(
        label, family, initialisation, InputScale.read(settings).before(label, plan));
  }

  /** {@code mlp} with these hidden sizes. */
  public static Architecture mlp(Shape input, int classes, Integer... hidden) {
    String sizes = String.join("-", List.of(hidden).stream().map(String::valueOf).toList());
    return parse(new Call("mlp", Map.of("hidden", sizes))).build(input, classes);
  }

  /** {@code small-cnn} for 28x28 images. */
  public static Architecture smallCnn(int channels, int classes) {
    return parse("small-cnn").build(Shape.of(channels, 28, 28), classes);
  }

  /** {@code preact-resnet-18} for 32x32 images; its paper's width is 64. */
  public static Architecture preactResNet18(int channels, int classes, int width) {
    return parse(new Call("preact-resnet-18", Map.of("width", String.valueOf(width))))
        .build(Shape.of(channels, 32, 32), classes);
  }

  /** {@code wide-resnet} for 32x32 images, such as WRN-28-10. */
  public static Architecture wideResNet(int channels, int classes, int depth, int width) {
    Map<String, String> arguments = new LinkedHashMap<>();
    arguments.put("depth", String.valueOf(depth));
    arguments.put("width", String.valueOf(width));
    return parse(new Call("wide-resnet", arguments)).build(Shape.of(channels, 32, 32), classes);
  }

  /** {@code vit} for images of this shape {@code [C, H, W]}. */
  public static Architecture vit(
      Shape input, int classes, int patch, int depth, int heads, int dim) {
    Map<String, String> arguments = new LinkedHashMap<>();
    arguments.put("patch", String.valueOf(patch));
    arguments.put("depth", String.valueOf(depth));
    arguments.put("heads", String.valueOf(heads));
    arguments.put("dim", String.valueOf(dim));
    return parse(new Call("vit", arguments)).build(input, classes);
  }
}
