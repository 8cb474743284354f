package io.holdfast.common;

import io.holdfast.common.SettingsNode.Fields;
import io.holdfast.common.SettingsNode.Items;
import io.holdfast.common.SettingsNode.Kind;
import io.holdfast.common.SettingsNode.Place;
import io.holdfast.common.SettingsNode.Scalar;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** Reads YAML 1.2 text into a settings tree that knows its lines; one reader per text. */
final class Yaml {
  static final int MAX_CHARS = 4 << 20;
  private static final int MAX_DEPTH = 64;
  private static final int MAX_NODES = 200_000;
  private static final int MAX_ALIASES = 50;

  private final String source;
  private final boolean lines;
  private final LoadSettings options;
  private final Problems problems;
  private final List<Node> open = new ArrayList<>();
  private int nodes;

  /**
   * @param lines whether lines help to find a place, as they do in a file
   */
  private Yaml(String source, boolean lines) {
    this.source = source;
    this.lines = lines;
    this.problems = new Problems(source);
    this.options =
        LoadSettings.builder()
            .setLabel(source)
            .setUseMarks(true)
            .setCodePointLimit(MAX_CHARS)
            .setMaxAliasesForCollections(MAX_ALIASES)
            .build();
  }

  /**
   * Reads a whole document, whose root must be a section.
   *
   * @throws InvalidInputException with line and column of a syntax error, or with every duplicate
   *     key and unusable node
   */
  static Fields document(String text, String source) {
    SettingsNode root = new Yaml(source, true).read(text);
    if (root instanceof Fields fields) {
      return fields;
    }
    if (root == null || root.isNothing()) {
      throw new InvalidInputException(
          source, "", "settings as \"key: value\" lines", "an empty file");
    }
    throw new InvalidInputException(
        root.place().toString(), "", "settings as \"key: value\" lines", root.found());
  }

  /**
   * A value given outside a file: a list, section or quoted text as in YAML if it starts like one,
   * else a plain scalar.
   */
  static SettingsNode value(String text, Place place) {
    String trimmed = text.strip();
    if (trimmed.isEmpty() || "[{\"'".indexOf(trimmed.charAt(0)) < 0) {
      return plain(trimmed, place);
    }
    SettingsNode node = new Yaml(place.source(), false).read(trimmed);
    return node == null ? plain(trimmed, place) : node;
  }

  static Scalar plain(String text, Place place) {
    return new Scalar(Scalars.kind(text), text, place);
  }

  private @Nullable SettingsNode read(String text) {
    if (text.length() > MAX_CHARS) {
      throw tooLarge(source);
    }
    String clean = text.startsWith("\uFEFF") ? text.substring(1) : text;
    try {
      checkDepth(clean);
      SettingsNode root = new Compose(options).composeString(clean).map(this::convert).orElse(null);
      problems.throwIfAny();
      return root;
    } catch (MarkedYamlEngineException e) {
      throw malformed(e);
    } catch (YamlEngineException e) {
      throw malformed(new Place(source, 0).toString(), firstLine(e.getMessage()), e);
    }
  }

  static InvalidInputException tooLarge(String source) {
    return new InvalidInputException(
        source, "", "a settings file of at most " + (MAX_CHARS >> 20) + " MiB", "a larger one");
  }

  /** The composer recurses, so nesting is limited before it runs. */
  private void checkDepth(String text) {
    int depth = 0;
    for (Event event : new Parse(options).parseString(text)) {
      if (event instanceof CollectionStartEvent && ++depth > MAX_DEPTH) {
        String place = event.getStartMark().map(this::position).orElse(source);
        throw tooDeep(place);
      } else if (event instanceof CollectionEndEvent) {
        depth--;
      }
    }
  }

  private static InvalidInputException tooDeep(String place) {
    return new InvalidInputException(
        place, "", "nesting of at most " + MAX_DEPTH + " levels", "more");
  }

  private SettingsNode convert(Node node) {
    Place place = place(node);
    if (++nodes > MAX_NODES) {
      String limit = "at most " + MAX_NODES + " values";
      throw new InvalidInputException(
          place.toString(), "", limit, "more, after anchors were expanded");
    }
    if (open.size() > MAX_DEPTH) {
      throw tooDeep(place.toString());
    }
    if (open.contains(node)) {
      throw new InvalidInputException(
          place.toString(), "", "anchors that end", "an anchor that contains itself");
    }
    if (node instanceof ScalarNode scalar) {
      return scalar(scalar, place);
    }
    open.add(node);
    try {
      return node instanceof MappingNode mapping ? fields(mapping, place) : items(node, place);
    } finally {
      open.remove(open.size() - 1);
    }
  }

  private SettingsNode items(Node node, Place place) {
    if (!(node instanceof SequenceNode sequence) || !Tag.SEQ.equals(node.getTag())) {
      return unusable(node, place);
    }
    return new Items(sequence.getValue().stream().map(this::convert).toList(), place);
  }

  private SettingsNode fields(MappingNode mapping, Place place) {
    if (!Tag.MAP.equals(mapping.getTag())) {
      return unusable(mapping, place);
    }
    Map<String, SettingsNode> fields = new LinkedHashMap<>();
    for (NodeTuple tuple : mapping.getValue()) {
      String at = place(tuple.getKeyNode()).toString();
      if (!(tuple.getKeyNode() instanceof ScalarNode key) || key.getValue().isBlank()) {
        problems.addAt(at, "", "a name before the colon", "something else as key", null);
        continue;
      }
      if (fields.containsKey(key.getValue())) {
        problems.addAt(
            at, key.getValue(), "each key once in its section", "it a second time", null);
      }
      fields.put(key.getValue(), convert(tuple.getValueNode()));
    }
    return new Fields(fields, place);
  }

  private Scalar scalar(ScalarNode node, Place place) {
    boolean plain = node.getScalarStyle() == ScalarStyle.PLAIN;
    Tag implied = options.getSchema().getScalarResolver().resolve(node.getValue(), plain);
    if (implied.equals(node.getTag())) {
      return plain ? plain(node.getValue(), place) : new Scalar(Kind.TEXT, node.getValue(), place);
    }
    if (node.getTag().equals(Tag.STR)) {
      return new Scalar(Kind.TEXT, node.getValue(), place);
    }
    return unusable(node, place);
  }

  private Scalar unusable(Node node, Place place) {
    problems.addAt(
        place.toString(), "", "a plain value, list or section", "the tag " + node.getTag(), null);
    return new Scalar(Kind.NOTHING, "", place);
  }

  private Place place(Node node) {
    int line = node.getStartMark().map(mark -> mark.getLine() + 1).orElse(0);
    return new Place(source, lines ? line : 0);
  }

  private String position(Mark mark) {
    return source + ":" + (mark.getLine() + 1) + ":" + (mark.getColumn() + 1);
  }

  private InvalidInputException malformed(MarkedYamlEngineException e) {
    String place = e.getProblemMark().or(e::getContextMark).map(this::position).orElse(source);
    String context = e.getContext();
    String prefix = context == null || context.isBlank() ? "" : firstLine(context) + ": ";
    return malformed(place, prefix + firstLine(e.getProblem()), e);
  }

  private static InvalidInputException malformed(
      String place, String found, YamlEngineException e) {
    String what = found.startsWith("found ") ? found.substring("found ".length()) : found;
    return new InvalidInputException(List.of(new Problem(place, "", "valid YAML", what)), e);
  }

  private static String firstLine(@Nullable String text) {
    return text == null
        ? "a syntax error"
        : text.strip().lines().findFirst().orElse("a syntax error");
  }
}
