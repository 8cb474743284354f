package io.holdfast.cli;

import io.holdfast.common.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Texts that come with the command line. */
final class Templates {
  private Templates() {}

  /** A resource beside this class, as text. */
  static String read(String name) {
    try (InputStream in = Templates.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the jar lacks " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The sources of training and test data as values of an experiment file.
   *
   * @param data a source with a training and a test part in it, or the training samples alone
   * @param test the test samples, or null for the part of {@code data} that is named {@code test}
   */
  static Map<String, String> sources(String data, @Nullable String test) {
    if (data.startsWith("embedded:") && test == null) {
      return Map.of("train", Json.compact(data + "/train"), "test", Json.compact(data + "/test"));
    }
    if (test == null) {
      return Map.of("train", part(data, "train"), "test", part(data, "test"));
    }
    return Map.of("train", Json.compact(data), "test", Json.compact(test));
  }

  private static String part(String path, String split) {
    return "{path: " + Json.compact(path) + ", split: " + split + "}";
  }
}
