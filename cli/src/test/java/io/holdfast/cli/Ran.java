package io.holdfast.cli;

import io.holdfast.common.Hashes;
import io.holdfast.data.Dataset;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a command did.
 *
 * @param exit its exit code
 * @param out its standard output
 * @param err its messages; progress goes to the process's own error stream
 */
record Ran(int exit, String out, String err) {

  /** Runs a command in this process. */
  static Ran command(Object... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] texts = new String[args.length];
    for (int i = 0; i < args.length; i++) {
      texts[i] = args[i].toString();
    }
    int exit =
        Main.run(Commands.all(), new PrintWriter(out, true), new PrintWriter(err, true), texts);
    return new Ran(exit, out.toString(), err.toString());
  }

  /** A small experiment on small files in a folder: 256 training and 64 test images. */
  static Path experiment(Path folder) throws IOException {
    images(FashionMnist.train().first(256), folder.resolve("train.safetensors"));
    images(FashionMnist.test().first(64), folder.resolve("test.safetensors"));
    Path file = folder.resolve("tiny.yaml");
    Files.writeString(
        file,
        """
        name: tiny
        seed: 7
        data: {train: "%1$s/train.safetensors", test: "%1$s/test.safetensors"}
        model: {architecture: "mlp[hidden=16]"}
        threat: {perturbation: linf, epsilon: 0.1, domain: [0, 1]}
        train:
          objective: pgd-at
          attack: {name: pgd, steps: 2, step_size: 0.05}
          epochs: 2
          batch: 64
          optimiser: {name: adamw, learning_rate: 0.01}
          validation: {examples: 8, steps: 2}
        evaluate: {attacks: [fgsm, "pgd[steps=3,restarts=2]"], examples: 32, curve: 8}
        """
            .formatted(folder));
    return file;
  }

  /** Writes images as integer pixels. */
  static void images(Dataset data, Path file) {
    int n = data.size();
    float[] pixels = data.read(IntStream.range(0, n).toArray());
    byte[] bytes = new byte[pixels.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) Math.round(pixels[i] * 255);
    }
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("images", Tensors.ofBytes(DType.UINT8, bytes, n, 1, 28, 28));
      tensors.put("labels", Tensors.of(IntStream.range(0, n).mapToLong(data::label).toArray(), n));
      Safetensors.write(file, tensors, Map.of());
    }
  }

  /** All files below a folder with the hashes of what is in them; but not that of a lock. */
  static Map<String, String> contents(Path folder) throws IOException {
    Map<String, String> contents = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = folder.relativize(file).toString();
        boolean lock = name.endsWith("lock"); // to close it after reading would free it
        contents.put(name, lock ? "" : Hashes.sha256Hex(Files.readAllBytes(file)));
      }
    }
    return contents;
  }
}
