package io.holdfast.attack.library;

import io.holdfast.attack.library.EntryFormat.Line;
import io.holdfast.attack.library.LeftOut.Fault;
import io.holdfast.common.Hashes;
import io.holdfast.common.InvalidInputException;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.SafetensorsHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A part as it lies on disk. What cannot be read is told entry by entry as far as the entries are
 * known, and the rest is read all the same.
 */
final class Part {
  static final String IMAGES = "images";
  static final String CLEAN = "clean";
  static final String LABELS = "labels";
  static final String VARIABLES = "variables";

  private final PartInfo info;
  private final String tensorsName;
  private final List<String> texts;
  private final Map<Integer, Line> lines = new TreeMap<>(); // by place among the texts
  private final List<LeftOut> faults = new ArrayList<>();
  private @Nullable Safetensors tensors;
  private boolean changed;

  private Part(PartInfo info, Path folder) {
    this.info = info;
    this.tensorsName = folder.resolve(info.tensorsFile()).toString();
    this.texts = texts(folder.resolve(info.entriesFile()));
  }

  /** Reads lines and the header of the tensors; never fails because of what is in them. */
  static Part open(Path folder, PartInfo info) {
    Part part = new Part(info, folder);
    part.readLines(folder.resolve(info.entriesFile()).toString());
    part.readTensors(folder.resolve(info.tensorsFile()));
    return part;
  }

  /** Entries whose description is intact and whose numbers can be read. */
  List<Line> lines() {
    return tensors == null ? List.of() : List.copyOf(lines.values());
  }

  /** What cannot be read. */
  List<LeftOut> faults() {
    return List.copyOf(faults);
  }

  /**
   * This part with new lines where descriptions have changed; damaged lines stay as they are.
   *
   * @param sound ids of entries that may change
   */
  PartInfo relabelled(Path folder, Set<String> sound, UnaryOperator<Entry> change) {
    List<String> next = new ArrayList<>(texts);
    lines.forEach(
        (place, line) -> {
          Entry entry = line.entry();
          Entry other = sound.contains(entry.id()) ? change.apply(entry) : entry;
          if (!other.equals(entry)) {
            next.set(place, EntryFormat.write(new Line(line.row(), other)));
          }
        });
    return next.equals(texts)
        ? info
        : PartWriter.writeLines(folder, info.tensors(), next, info.count());
  }

  /** File and row, for messages. */
  String where(int row) {
    return tensorsName + " row " + row;
  }

  private List<String> texts(Path file) {
    try {
      byte[] all = Files.readAllBytes(file);
      changed = !Hashes.sha256Hex(all).equals(info.entries());
      return new String(all, StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      faults.add(
          new LeftOut(
              "",
              Fault.DAMAGED,
              file.toString(),
              Files.exists(file)
                  ? "the file cannot be read: " + e.getMessage()
                  : "the file is missing, and with it " + info.count() + " entries"));
      return List.of();
    }
  }

  private void readLines(String file) {
    Set<Integer> rows = new HashSet<>();
    for (int i = 0; i < texts.size(); i++) {
      String where = file + " line " + (i + 1);
      try {
        Sealed sealed = Sealed.parse(texts.get(i), where);
        String id = sealed.object().path("id").asText();
        if (!sealed.intact()) {
          faults.add(
              new LeftOut(id, Fault.CHANGED, where, "the entry was changed after it was written"));
          continue;
        }
        Line line = sealed.read(EntryFormat::read);
        if (rows.add(line.row())) {
          lines.put(i, line);
        } else {
          faults.add(new LeftOut(id, Fault.CHANGED, where, "row " + line.row() + " twice"));
        }
      } catch (InvalidInputException e) {
        faults.add(new LeftOut("", Fault.DAMAGED, where, withoutSource(e, where)));
      }
    }
    int lost = info.count() - texts.size();
    if (lost > 0 && !texts.isEmpty()) {
      faults.add(
          new LeftOut(
              "",
              Fault.DAMAGED,
              file,
              "expected " + info.count() + " lines, found " + texts.size()));
    }
    if (changed && faults.isEmpty()) {
      faults.add(
          new LeftOut(
              "",
              Fault.CHANGED,
              file,
              "the file is not the one that was written, though each line vouches for itself"));
    }
  }

  private static String withoutSource(InvalidInputException e, String where) {
    return String.valueOf(e.getMessage()).replace(where + ": ", "");
  }

  private void readTensors(Path file) {
    String reason;
    try {
      Safetensors found = Safetensors.read(file);
      reason = misfit(found);
      if (reason.isEmpty()) {
        tensors = found;
        return;
      }
    } catch (InvalidInputException e) {
      reason = withoutSource(e, file.toString());
    }
    for (Line line : lines.values()) {
      faults.add(new LeftOut(line.entry().id(), Fault.DAMAGED, file.toString(), reason));
    }
  }

  /** What keeps the file from being this part's tensors; empty if nothing does. */
  private String misfit(Safetensors found) {
    for (String name : List.of(IMAGES, CLEAN, LABELS)) {
      SafetensorsHeader.Entry entry = found.header().entries().get(name);
      DType type = name.equals(LABELS) ? DType.INT64 : DType.FLOAT32;
      if (entry == null || entry.type() != type) {
        return name
            + ": expected "
            + type
            + ", found "
            + (entry == null ? "nothing" : entry.dtype());
      }
    }
    SafetensorsHeader.Entry images = entry(found, IMAGES);
    SafetensorsHeader.Entry labels = entry(found, LABELS);
    boolean paired = images.shape().equals(entry(found, CLEAN).shape());
    if (!paired || images.shape().size() < 2 || labels.shape().size() != 1) {
      return "expected images and clean inputs of one shape and a label for each";
    }
    boolean counted = images.shape().get(0).equals(labels.shape().get(0));
    return counted ? "" : "expected as many labels as images";
  }

  private static SafetensorsHeader.Entry entry(Safetensors found, String name) {
    SafetensorsHeader.Entry entry = found.header().entries().get(name);
    if (entry == null) {
      throw new IllegalStateException(name + " was looked for before");
    }
    return entry;
  }

  /**
   * The numbers of one row, unverified.
   *
   * @throws InvalidInputException if there is no such row
   */
  Content read(int row) {
    Safetensors file = tensors;
    if (file == null) {
      throw new IllegalStateException(tensorsName + " could not be read");
    }
    SafetensorsHeader.Entry images = entry(file, IMAGES);
    if (row >= images.shape().get(0)) {
      throw new InvalidInputException(
          tensorsName, "row " + row, "a row below " + images.shape().get(0), "none");
    }
    List<Integer> shape =
        images.shape().subList(1, images.shape().size()).stream().map(Math::toIntExact).toList();
    int size = shape.stream().reduce(1, Math::multiplyExact);
    long label =
        ByteBuffer.wrap(file.bytes(LABELS, (long) row * Long.BYTES, Long.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN)
            .getLong();
    return new Content(
        shape,
        (int) Math.max(-1, Math.min(Integer.MAX_VALUE, label)),
        floats(file, CLEAN, row, size),
        floats(file, IMAGES, row, size),
        variables(file, row));
  }

  private static float[] variables(Safetensors file, int row) {
    SafetensorsHeader.Entry entry = file.header().entries().get(VARIABLES);
    if (entry == null || entry.shape().size() != 2 || row >= entry.shape().get(0)) {
      return new float[0];
    }
    return floats(file, VARIABLES, row, Math.toIntExact(entry.shape().get(1)));
  }

  private static float[] floats(Safetensors file, String name, int row, int size) {
    int bytes = Math.multiplyExact(size, Float.BYTES);
    return Content.floats(file.bytes(name, (long) row * bytes, bytes));
  }
}
