package io.holdfast.model.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.common.InvalidInputException;
import io.holdfast.model.graph.layer.AdaptiveAvgPool2d;
import io.holdfast.model.graph.layer.Add;
import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.model.graph.layer.Concat;
import io.holdfast.model.graph.layer.Conv2d;
import io.holdfast.model.graph.layer.Dropout;
import io.holdfast.model.graph.layer.Flatten;
import io.holdfast.model.graph.layer.LeakyRelu;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.model.graph.layer.MatMul;
import io.holdfast.model.graph.layer.MaxPool2d;
import io.holdfast.model.graph.layer.Relu;
import io.holdfast.model.graph.layer.SelfAttention;
import io.holdfast.model.graph.layer.Size;
import io.holdfast.model.graph.layer.Transpose;
import org.junit.jupiter.api.Test;

class GraphTest {
  @Test
  void allProblemsOfAGraphAreReportedTogether() {
    GraphBuilder g = Graph.builder("net.json");
    g.input("input", TensorType.floats(3, 8, 8));
    g.add("conv", Conv2d.of(4, 9));
    g.add("after", new Relu()); // follows from conv, no message of its own
    g.add("groups", Conv2d.of(4, 3).groups(2), "input");
    g.add("sum", new Add(), "input", "inptu");
    g.add("one", new Concat(0), "input");
    g.add("pool", MaxPool2d.of(2), "later");
    g.add("later", new Flatten(), "input");
    g.add("later", new Linear(3, true), "later");
    g.output("latr");
    InvalidInputException e = catchThrowableOfType(InvalidInputException.class, g::build);
    assertThat(e.problems()).hasSize(7);
    assertThat(e)
        .hasMessageContaining(
            "net.json: conv.input: expected an image of at least 9x9 with its padding of 0x0, found"
                + " float32 [3, 8, 8]")
        .hasMessageContaining("groups.input: expected channels that are a multiple of groups 2")
        .hasMessageContaining(
            "sum.inputs: expected a node or input defined before, found \"inptu\"")
        .hasMessageContaining("did you mean input?")
        .hasMessageContaining("one.inputs: expected 2 or more inputs for concat, found 1")
        .hasMessageContaining("pool.inputs: expected a node or input defined before")
        .hasMessageContaining("later: expected a name that is used once")
        .hasMessageContaining("outputs: expected a node, found \"latr\"");
  }

  @Test
  void namesOfWeightsAreUsedOnceToo() {
    GraphBuilder g = Graph.builder("twice");
    g.input("input", TensorType.floats(7, 4));
    g.add("attn", new SelfAttention(2));
    g.add("attn.out", Linear.of(4));
    assertThatThrownBy(g.output("attn.out")::build)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("names of weights that are used once, found attn.out.weight");
  }

  @Test
  void sizesThatNoNumberHoldsAreToldOfTheirNode() {
    GraphBuilder wide = Graph.builder("wide");
    wide.input("input", TensorType.floats(2, 8, 8));
    int huge = 1 << 30;
    wide.add("conv", new Conv2d(2, Size.of(3), Size.of(1), Size.of(0), Size.of(huge), 1, false));
    assertThatThrownBy(wide.output("conv")::build)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("conv.shape: expected sizes that can be counted");
    GraphBuilder flat = Graph.builder("flat");
    long most = Integer.MAX_VALUE;
    flat.input("input", TensorType.floats(most, most, most));
    flat.add("flatten", new Flatten());
    assertThatThrownBy(flat.output("flatten")::build)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("flatten.shape: expected sizes that can be counted");
  }

  @Test
  void multiplicationsAreThoseOfMatricesAndKernels() {
    GraphBuilder g = Graph.builder("net");
    g.input("input", TensorType.floats(4, 8, 8));
    g.add("conv", Conv2d.of(6, 3).stride(2).groups(2)); // [6, 3, 3]
    g.add("relu", new Relu());
    g.add("flat", new Flatten());
    g.add("out", Linear.of(5));
    long conv = 6 * 3 * 3 * (2 * 3 * 3);
    assertThat(g.output("out").build().multiplications()).isEqualTo(conv + 54 * 5);

    GraphBuilder words = Graph.builder("words");
    words.input("input", TensorType.floats(7, 4));
    words.add("attend", new SelfAttention(2));
    words.add("turned", new Transpose(0, 1));
    words.add("product", new MatMul(), "attend", "turned"); // [7, 7]
    long projections = 7 * 4 * (3 * 4 + 4);
    assertThat(words.output("product").build().multiplications())
        .isEqualTo(projections + 2 * 7 * 7 * 4 + 7 * 4 * 7);
  }

  @Test
  void layersCheckTheirSettings() {
    assertThatThrownBy(
            () -> new Conv2d(3, Size.of(0), Size.of(1), Size.of(-1), Size.of(1), 2, true))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("kernel: expected numbers from 1, found 0x0")
        .hasMessageContaining("padding: expected numbers from 0, found -1x-1")
        .hasMessageContaining("channels: expected a multiple of groups, found 3");
    assertThatThrownBy(() -> new MaxPool2d(Size.of(3), Size.of(1), Size.of(2)))
        .hasMessageContaining("at most half of the kernel");
  }

  @Test
  void jsonOfAGraphIsReadStrictly() {
    String json =
        """
        {"version": 1,
         "inputs": [{"name": "x", "dtype": "float32", "shape": [1, 4, 4]}],
         "nodes": [
           {"name": "a", "type": "conv3d", "inputs": ["x"]},
           {"name": "b", "type": "dropout", "inputs": ["x"], "probability": 1.5},
           {"name": "c", "type": "linear", "inputs": ["x"], "features": "ten", "bais": true}],
         "outputs": ["c"], "extra": 1}
        """;
    assertThatThrownBy(() -> GraphJson.read(json, "graph.json"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("nodes[0].type: expected a layer type, found \"conv3d\"")
        .hasMessageContaining("did you mean conv2d?")
        .hasMessageContaining("nodes[1].probability: expected a number in [0, 1), found 1.5")
        .hasMessageContaining("nodes[2].features")
        .hasMessageContaining("nodes[2].bias: expected true or false, found nothing")
        .hasMessageContaining("nodes[2].bais")
        .hasMessageContaining("extra");
    assertThatThrownBy(() -> GraphJson.read("{", "graph.json"))
        .isInstanceOf(InvalidInputException.class);
  }

  private static Graph chain(int side, boolean dropping, String name, double slope) {
    GraphBuilder g = Graph.builder("chain");
    g.input("input", TensorType.floats(1, side, side));
    g.add("conv", Conv2d.of(2, 3));
    g.add(name, new LeakyRelu(slope));
    if (dropping) {
      g.add("dropout", new Dropout(0.5));
    }
    return g.output(g.add("pool", new AdaptiveAvgPool2d(new Size(1, 1)))).build();
  }

  private static Graph joined(String second, double momentum) {
    GraphBuilder g = Graph.builder("joined");
    g.input("input", TensorType.floats(1, 8, 8));
    g.add("conv", Conv2d.of(2, 3));
    g.add("norm", new BatchNorm(1e-5, momentum));
    return g.output(g.add("add", new Add(), "norm", second)).build();
  }

  @Test
  void whatDiffersInEvaluationIsTold() {
    Graph plain = chain(8, false, "act", 0.1);
    assertThat(plain.difference(chain(6, true, "other", 0.1))).isEmpty();
    Graph.Difference slope = plain.difference(chain(8, false, "act", 0.2)).orElseThrow();
    assertThat(slope.own()).isEqualTo("act = LeakyRelu[slope=0.1][conv]");
    assertThat(slope.other()).isEqualTo("act = LeakyRelu[slope=0.2][conv]");
    assertThat(joined("conv", 0.1).difference(joined("conv", 0.2))).isEmpty();
    assertThat(joined("conv", 0.1).difference(joined("norm", 0.1)).orElseThrow().other())
        .isEqualTo("add = Add[][norm, norm]");
    GraphBuilder g = Graph.builder("shorter");
    g.input("input", TensorType.floats(1, 8, 8));
    Graph shorter = g.output(g.add("conv", Conv2d.of(2, 3))).build();
    assertThat(plain.difference(shorter).orElseThrow().other()).isEqualTo("no layer behind 1");
    assertThat(shorter.difference(plain).orElseThrow().own()).isEqualTo("no layer behind 1");
  }
}
