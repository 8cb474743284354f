package io.holdfast.experiment;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The JSON Schema of the experiment file, for editors. */
public final class ExperimentSchema {
  private static final String RESOURCE = "experiment.schema.json";

  private ExperimentSchema() {}

  /** The schema as JSON (draft 2020-12), ending in a newline. */
  public static String json() {
    try (InputStream in = ExperimentSchema.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException("the jar lacks " + RESOURCE);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
