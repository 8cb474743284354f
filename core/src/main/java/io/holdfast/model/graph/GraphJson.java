package io.holdfast.model.graph;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.Nearest;
import io.holdfast.common.Problems;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import io.holdfast.model.graph.Graph.Node;
import io.holdfast.tensor.DType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Graphs as JSON:
 *
 * <pre>{@code
 * {"version": 1,
 *  "inputs": [{"name": "input", "dtype": "float32", "shape": [1, 28, 28]}],
 *  "nodes": [{"name": "conv", "type": "conv2d", "inputs": ["input"], "channels": 8, ...}, ...],
 *  "outputs": ["fc"]}
 * }</pre>
 *
 * A layer's settings are the components of its record in snake_case. Equal graphs give equal text.
 */
public final class GraphJson {
  private static final int VERSION = 1;

  private GraphJson() {}

  /** The graph as indented JSON. */
  public static String write(Graph graph) {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("version", VERSION);
    root.put("inputs", graph.inputs().stream().map(GraphJson::input).toList());
    root.put("nodes", graph.nodes().stream().map(GraphJson::node).toList());
    root.put("outputs", graph.outputs());
    return Json.pretty(root);
  }

  private static Map<String, Object> input(Graph.Input in) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("name", in.name());
    fields.put("dtype", in.type().dtype().name().toLowerCase(Locale.ROOT));
    fields.put("shape", in.type().shape().toArray());
    return fields;
  }

  private static Map<String, Object> node(Node node) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("name", node.name());
    fields.put("type", node.layer().type());
    fields.put("inputs", node.inputs());
    fields.putAll(LayerCodec.write(node.layer()));
    return fields;
  }

  /**
   * Reads a graph.
   *
   * @param source the text's name in messages
   * @throws InvalidInputException with every problem: unknown keys and layer types, settings out of
   *     range, shapes that do not fit
   */
  public static Graph read(String json, String source) {
    Json.parse(json, source); // strict JSON, where the reader of settings would also take YAML
    Problems problems = new Problems(source);
    SettingsReader reader = Settings.yaml(json, source).reader(problems);
    reader.integer("version", VERSION, VERSION);
    GraphBuilder builder = Graph.builder(source);
    reader.sections("inputs").forEach(r -> readInput(r, builder));
    reader.sections("nodes").forEach(r -> readNode(r, builder));
    builder.output(reader.texts("outputs", List.of()).toArray(String[]::new));
    reader.finish();
    problems.throwIfAny();
    Graph graph = builder.build(problems);
    problems.throwIfAny();
    return Objects.requireNonNull(graph, "a graph without problems is complete");
  }

  private static void readInput(SettingsReader reader, GraphBuilder builder) {
    DType type = reader.choice("dtype", DType.FLOAT32);
    builder.input(reader.text("name"), new TensorType(type, LayerCodec.shape(reader, "shape")));
  }

  private static void readNode(SettingsReader reader, GraphBuilder builder) {
    String name = reader.text("name");
    String type = reader.text("type");
    List<String> inputs = new ArrayList<>(reader.texts("inputs", List.of()));
    Class<? extends Layer> layerType = LayerTypes.byName(type);
    if (layerType == null) {
      List<String> known = List.copyOf(LayerTypes.all().keySet());
      reader.reject("type", "a layer type", '"' + type + '"', Nearest.hint(type, known));
      reader.settings(); // settings of an unknown layer are not worth a message
      return;
    }
    Layer layer = LayerCodec.read(layerType, reader);
    if (layer != null) {
      builder.add(name, layer, inputs);
    }
  }
}
