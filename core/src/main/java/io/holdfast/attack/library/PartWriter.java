package io.holdfast.attack.library;

import io.holdfast.attack.library.EntryFormat.Line;
import io.holdfast.common.AtomicFiles;
import io.holdfast.common.Hashes;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * Collects examples and writes them in parts. A part holds examples of one shape and one number of
 * variables, at most {@value #MOST} of them and about {@value #BYTES} bytes.
 */
final class PartWriter {
  /** Examples in a part. */
  static final int MOST = 512;

  private static final long BYTES = 64 << 20;

  private final Path folder;
  private final List<PartInfo> written = new ArrayList<>();
  private final List<SavedExample> waiting = new ArrayList<>();

  PartWriter(Path folder) {
    this.folder = folder;
  }

  void add(SavedExample example) {
    if (!waiting.isEmpty() && !fits(example.content())) {
      flush();
    }
    waiting.add(example);
  }

  private boolean fits(Content next) {
    Content first = waiting.get(0).content();
    long bytes = 2L * Float.BYTES * first.clean().length * (waiting.size() + 1);
    return next.shape().equals(first.shape())
        && next.variables().length == first.variables().length
        && waiting.size() < MOST
        && bytes <= BYTES;
  }

  /** The parts, all on disk. */
  List<PartInfo> finish() {
    flush();
    return List.copyOf(written);
  }

  private void flush() {
    if (waiting.isEmpty()) {
      return;
    }
    byte[] tensors = tensors();
    List<Line> lines = new ArrayList<>();
    for (int row = 0; row < waiting.size(); row++) {
      lines.add(new Line(row, waiting.get(row).entry()));
    }
    String hash = Hashes.sha256Hex(tensors);
    PartInfo part =
        writeLines(folder, hash, lines.stream().map(EntryFormat::write).toList(), lines.size());
    AtomicFiles.write(folder.resolve(part.tensorsFile()), tensors);
    written.add(part);
    waiting.clear();
  }

  /** Writes the lines about tensors that are there, or will be. */
  static PartInfo writeLines(Path folder, String tensors, List<String> lines, int count) {
    byte[] text =
        lines.stream()
            .map(l -> l + "\n")
            .collect(Collectors.joining())
            .getBytes(StandardCharsets.UTF_8);
    PartInfo part = new PartInfo(tensors, Hashes.sha256Hex(text), count);
    AtomicFiles.write(folder.resolve(part.entriesFile()), text);
    return part;
  }

  /** A safetensors file: images and clean {@code [n, ...]}, labels {@code [n]}, variables. */
  private byte[] tensors() {
    Content first = waiting.get(0).content();
    long n = waiting.size();
    int size = first.clean().length;
    int parameters = first.variables().length;
    float[] images = new float[Math.toIntExact(n * size)];
    float[] clean = new float[images.length];
    long[] labels = new long[waiting.size()];
    float[] variables = new float[Math.toIntExact(n * parameters)];
    for (int i = 0; i < n; i++) {
      Content content = waiting.get(i).content();
      System.arraycopy(content.adversarial(), 0, images, i * size, size);
      System.arraycopy(content.clean(), 0, clean, i * size, size);
      System.arraycopy(content.variables(), 0, variables, i * parameters, parameters);
      labels[i] = content.label();
    }
    long[] shape =
        LongStream.concat(LongStream.of(n), first.shape().stream().mapToLong(Integer::longValue))
            .toArray();
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> all = new LinkedHashMap<>();
      all.put(Part.IMAGES, Tensors.of(images, shape));
      all.put(Part.CLEAN, Tensors.of(clean, shape));
      all.put(Part.LABELS, Tensors.of(labels, n));
      if (parameters > 0) {
        all.put(Part.VARIABLES, Tensors.of(variables, n, parameters));
      }
      return Safetensors.toBytes(all, Map.of());
    }
  }
}
