package io.holdfast.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.common.Json;
import io.holdfast.common.Seed;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.NoGrad;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.testkit.LeakCheck;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The protocol of {@code bench/peers/README.md}, on random weights. */
@ExtendWith(LeakCheck.class)
final class PeerServerTest {
  private static final int N = 8;
  private static final double EPSILON = 0.1;

  private Path folder;

  @BeforeEach
  void write(@TempDir Path directory) {
    folder = directory;
    try (Scope scope = Scope.open();
        Network network = network()) {
      Safetensors.write(folder.resolve("w.safetensors"), network.weights(), Map.of());
      Safetensors.write(
          folder.resolve("d.safetensors"),
          Map.of("images", pixels().to(DType.UINT8), "labels", labels()),
          Map.of());
    }
  }

  private static Network network() {
    return Architectures.smallCnn(1, 10).initialise(new Seed(3));
  }

  /** {@code [N, 1, 28, 28]}, whole numbers up to 255. */
  private static Tensor pixels() {
    return Rng.of(new Seed(4)).integers(256, N, 1, 28, 28);
  }

  private static Tensor labels() {
    return Tensors.of(IntStream.range(0, N).mapToLong(i -> i).toArray(), N);
  }

  private String load(String name) {
    return """
        {"cmd":"load","name":"%s","architecture":"small-cnn","weights":"%s/w.safetensors",\
        "data":"%s/d.safetensors","threads":2}"""
        .formatted(name, folder, folder);
  }

  private static String pgd(int steps, String more) {
    return """
        {"cmd":"pgd","name":"a","batch":%d,"steps":%d,"epsilon":%s,"step_size":0.025,%s}"""
        .formatted(N, steps, EPSILON, more);
  }

  private String to(String file) {
    return "\"out\":\"" + folder.resolve(file) + "\"";
  }

  /** Answers to these lines; one for each. */
  private static List<JsonNode> answers(String... lines) throws IOException {
    String all = String.join("\n", lines) + "\n";
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PeerServer.serve(
        new ByteArrayInputStream(all.getBytes(StandardCharsets.UTF_8)),
        new PrintStream(out, true, StandardCharsets.UTF_8));
    List<JsonNode> answers =
        out.toString(StandardCharsets.UTF_8).lines().map(l -> Json.parse(l, "answer")).toList();
    assertThat(answers).allMatch(a -> !a.has("error"), "no error");
    return answers;
  }

  private Tensor read(String file, String name) {
    return Safetensors.read(folder.resolve(file)).tensor(name);
  }

  @Test
  void valuesAreTheNetworksOwn() throws IOException {
    List<JsonNode> answers =
        answers(
            load("a"),
            "{\"cmd\":\"values\",\"name\":\"a\",\"batch\":" + N + "," + to("v.safetensors") + "}");
    assertThat(answers.get(0).path("images").asInt()).isEqualTo(N);
    assertThat(answers.get(0).path("threads").asInt()).isEqualTo(2);
    assertThat(answers.get(0).path("precision").asText()).isEqualTo(Precision.auto().text());
    assertThat(answers.get(1)).isEmpty();
    try (Scope scope = Scope.open();
        NoGrad off = NoGrad.on();
        Network network = network()) {
      Tensor x = pixels().to(DType.FLOAT32).div(255);
      Tensor logits = read("v.safetensors", "logits");
      assertThat(logits.sub(network.apply(x)).abs().max().item()).isLessThan(1e-5);
      Tensor slope = read("v.safetensors", "input_gradient_of_summed_cross_entropy");
      // along the gradient the loss rises by its squared length
      double h = 1e-3 / Math.sqrt(square(slope));
      double rise = loss(network, x.add(slope.mul(h))) - loss(network, x.sub(slope.mul(h)));
      assertThat(rise / (2 * h)).isBetween(0.97 * square(slope), 1.03 * square(slope));
    }
  }

  private static double square(Tensor t) {
    return t.mul(t).sum().item();
  }

  /** Summed cross-entropy, in double from the logits on. */
  private static double loss(Network network, Tensor x) {
    float[] z = network.apply(x).toFloats(); // [N * 10]
    double sum = 0;
    for (int i = 0; i < N; i++) {
      double all = 0;
      for (int k = 0; k < 10; k++) {
        all += Math.exp(z[10 * i + k]);
      }
      sum += Math.log(all) - z[10 * i + i];
    }
    return sum;
  }

  @Test
  void oneStepOfPgdIsTheSignOfTheGradient() throws IOException {
    List<JsonNode> answers =
        answers(
            load("a"),
            "{\"cmd\":\"values\",\"name\":\"a\",\"batch\":" + N + "," + to("v.safetensors") + "}",
            pgd(1, "\"start\":\"none\",\"precision\":\"float32\"," + to("p.safetensors")));
    assertThat(answers.get(2).path("sample_steps").asInt()).isEqualTo(N);
    assertThat(answers.get(2).path("ms").asDouble()).isPositive();
    try (Scope scope = Scope.open()) {
      float[] x = pixels().to(DType.FLOAT32).div(255).toFloats();
      float[] slope = read("v.safetensors", "input_gradient_of_summed_cross_entropy").toFloats();
      float[] end = read("p.safetensors", "pgd_end").toFloats();
      long same =
          IntStream.range(0, x.length)
              .filter(
                  i -> {
                    double to = x[i] + 0.025 * Math.signum(slope[i]);
                    return Math.abs(end[i] - Math.min(1, Math.max(0, to))) < 1e-5;
                  })
              .count();
      assertThat(same).as("signs may differ near zero").isGreaterThan(x.length * 99L / 100);
    }
  }

  @Test
  void pgdStartsWhereTheFileSaysAndStaysInTheBall() throws IOException {
    try (Scope scope = Scope.open()) {
      Tensor x = pixels().to(DType.FLOAT32).div(255);
      Tensor noise = Rng.of(new Seed(5)).uniform(-EPSILON, EPSILON, N, 1, 28, 28);
      Tensor start = x.add(noise).clamp(0, 1);
      Safetensors.write(folder.resolve("s.safetensors"), Map.of("pgd_start", start), Map.of());
      String file =
          "\"start\":\"file\",\"start_file\":\"" + folder.resolve("s.safetensors") + "\",";
      List<JsonNode> answers =
          answers(
              load("a"),
              pgd(0, file + to("none.safetensors")),
              pgd(4, file + to("one.safetensors")),
              pgd(4, file + to("two.safetensors")),
              "{\"cmd\":\"quit\"}",
              load("a"));
      assertThat(answers).as("nothing behind quit").hasSize(4);
      assertThat(answers.get(2).path("sample_steps").asInt()).isEqualTo(4 * N);
      assertThat(read("none.safetensors", "pgd_end").sameAs(start)).isTrue();
      Tensor end = read("one.safetensors", "pgd_end");
      assertThat(end.sameAs(read("two.safetensors", "pgd_end"))).isTrue();
      assertThat(end.sub(start).abs().max().item()).isGreaterThan(0.05);
      assertThat(end.sub(x).abs().max().item()).isLessThan(EPSILON + 1e-6);
      assertThat(end.min().item()).isNotNegative();
      assertThat(end.max().item()).isLessThanOrEqualTo(1);
      try (Network network = network();
          NoGrad off = NoGrad.on()) {
        double right = network.apply(end).argmax(1).eq(labels()).to(DType.FLOAT32).mean().item();
        assertThat(answers.get(2).path("robust").asDouble()).isEqualTo(right);
      }
    }
  }

  private static String attack(int first, int count, String more) {
    return """
        {"cmd":"attack","name":"a","first":%d,"count":%d,"threat":"l2:inf","attack":"ddn[steps=5]",%s}"""
        .formatted(first, count, more);
  }

  @Test
  void attacksSayWhatEachSampleCostAndWhatTheModelTook() throws IOException {
    try (Scope scope = Scope.open();
        Network network = network();
        NoGrad off = NoGrad.on()) {
      Tensor right = network.apply(pixels().to(DType.FLOAT32).div(255)).argmax(1);
      long[] classes = right.toLongs();
      classes[3] = (classes[3] + 1) % 10; // wrong already
      Tensor labels = Tensors.of(classes, N);
      Safetensors.write(
          folder.resolve("d.safetensors"),
          Map.of("images", pixels().to(DType.UINT8), "labels", labels),
          Map.of());
      List<JsonNode> answers =
          answers(
              load("a"),
              attack(2, 4, "\"workers\":1,\"shard\":2," + to("adversarial.safetensors")),
              attack(2, 4, "\"shard\":4"));
      JsonNode one = answers.get(1);
      assertThat(one.path("queries").toString()).isEqualTo("[6,0,6,6]");
      assertThat(one.path("gradients").toString()).isEqualTo("[5,0,5,5]");
      assertThat(one.path("model_ms").asDouble())
          .isPositive()
          .isLessThan(one.path("ms").asDouble());
      assertThat(answers.get(2).path("robust")).isEqualTo(one.path("robust"));
      Tensor found = read("adversarial.safetensors", "adversarial");
      assertThat(found.shape()).containsExactly(4, 1, 28, 28);
      long[] after = network.apply(found).argmax(1).toLongs();
      long[] before = right.slice(0, 2, 6).toLongs();
      for (int i = 0; i < 4; i++) {
        boolean fell = i != 1 && one.path("robust").asText().charAt(i) == '0';
        assertThat(after[i] != before[i]).as("sample %d", i).isEqualTo(fell);
      }
    }
  }

  @Test
  void tradesStepsLearnAndLoadStartsAfresh() throws IOException {
    String step =
        """
        {"cmd":"trades_step","name":"a","batch":8,"steps":2,"epsilon":0.1,"step_size":0.05,\
        "beta":1,"learning_rate":0.1,"momentum":0.9}""";
    List<String> lines = new ArrayList<>(Collections.nCopies(20, step));
    lines.add(0, load("a"));
    lines.add(load("a"));
    lines.add(step);
    List<JsonNode> answers = answers(lines.toArray(String[]::new));
    double first = answers.get(1).path("loss").asDouble();
    assertThat(first).isBetween(2.0, 3.0); // ln 10 and a little
    assertThat(answers.get(20).path("loss").asDouble()).isLessThan(0.97 * first);
    assertThat(answers.get(22).path("loss").asDouble()).isEqualTo(first);
    double search = answers.get(20).path("search_ms").asDouble();
    assertThat(search).isPositive().isLessThan(answers.get(20).path("ms").asDouble());
  }

  @Test
  void everyFailureIsAnAnswerAndTheServerGoesOn() throws IOException {
    List<String> bad =
        List.of(
            "no json",
            "{\"cmd\":\"fly\"}",
            "{\"cmd\":\"values\",\"name\":\"b\",\"batch\":1,\"out\":\"x\"}",
            "{\"cmd\":\"values\",\"batch\":1,\"out\":\"x\"}",
            "{\"cmd\":\"values\",\"name\":\"a\",\"batch\":9,\"out\":\"x\"}",
            pgd(1, "\"start\":\"middle\""),
            attack(6, 3, "\"shard\":4"),
            load("b").replace("w.safetensors", "none.safetensors"),
            load("b").replace("d.safetensors", "none.safetensors"));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    String all = load("a") + "\n" + String.join("\n", bad) + "\n" + load("b");
    PeerServer.serve(
        new ByteArrayInputStream(all.getBytes(StandardCharsets.UTF_8)),
        new PrintStream(out, true, StandardCharsets.UTF_8));
    List<String> lines = out.toString(StandardCharsets.UTF_8).lines().toList();
    assertThat(lines).hasSize(bad.size() + 2);
    assertThat(lines.subList(1, lines.size() - 1)).allMatch(l -> l.startsWith("{\"error\":\""));
    assertThat(lines.get(1)).contains("command");
    assertThat(lines.get(2)).contains("unknown command");
    assertThat(lines.get(3)).contains("not loaded: b");
    assertThat(lines.get(4)).contains("the field name is missing");
    assertThat(lines.get(5)).contains("batch: 1 to 8, found 9");
    assertThat(lines.get(6)).contains("start: none or file");
    assertThat(lines.get(7)).contains("some of 8 images, found 6 to 9");
    assertThat(lines.get(8)).contains("none.safetensors: expected an existing file");
    assertThat(lines.get(9)).contains("none.safetensors: expected an existing file");
    assertThat(lines.get(lines.size() - 1)).contains("\"images\":8");
  }
}
