package io.holdfast.data;

import io.holdfast.common.Call;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import io.holdfast.data.image.LabelUse;
import io.holdfast.data.image.ReadOptions;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where a data set lies and how to read it, as an experiment file states it; nothing is opened
 * before {@link #open}.
 *
 * @param path {@code embedded:NAME/SPLIT}, a file or a folder
 */
public record DataSource(String path, ReadOptions options) {

  /**
   * Reads a text: a path, or a path with options in brackets such as {@code
   * photos.zip[resize=[32,32],colour=rgb]} with the keys of {@link ReadOptions#read}. A file or
   * folder that has the whole text as its name is meant literally.
   *
   * @throws InvalidInputException with every problem of the options
   */
  public static DataSource parse(String text) {
    int bracket = optionsStart(text);
    if (bracket <= 0 || exists(text)) {
      return of(text);
    }
    Problems problems = new Problems(text);
    SettingsReader reader =
        Call.parse("data" + text.substring(bracket)).toSettings(text).reader(problems);
    reader.allow(Settings.NAME);
    DataSource source = new DataSource(text.substring(0, bracket), ReadOptions.read(reader));
    reader.finish();
    problems.throwIfAny();
    return source;
  }

  /** Where a last part {@code [key=value...]} starts; -1 if there is none. */
  private static int optionsStart(String text) {
    int depth = 0;
    for (int i = text.length() - 1; i >= 0 && text.endsWith("]"); i--) {
      char c = text.charAt(i);
      depth += c == ']' ? 1 : c == '[' ? -1 : 0;
      if (depth == 0) {
        return text.indexOf('=', i) > 0 ? i : -1;
      }
    }
    return -1;
  }

  private static boolean exists(String text) {
    try {
      return Files.exists(Path.of(text));
    } catch (InvalidPathException e) {
      return false;
    }
  }

  /** A source without options. */
  public static DataSource of(String path) {
    return new DataSource(path, ReadOptions.DEFAULTS);
  }

  /**
   * Reads a section {@code {path: ..., resize: [32, 32], ...}} with the keys of {@link
   * ReadOptions#read}; {@code name} stands for {@code path}, so that a plain text is a section too.
   */
  public static DataSource read(SettingsReader reader) {
    String path =
        reader.has("name") && !reader.has("path") ? reader.text("name") : reader.text("path");
    return new DataSource(path, ReadOptions.read(reader));
  }

  /**
   * Reads a key of a section: text as {@link #parse} takes it, or a section as above. Problems go
   * to the section's.
   */
  public static DataSource read(SettingsReader parent, String key) {
    if (parent.isSection(key)) {
      return read(parent.section(key));
    }
    String text = parent.text(key);
    try {
      return parse(text);
    } catch (InvalidInputException e) {
      e.problems()
          .forEach(p -> parent.reject(key, p.field() + " " + p.expected(), p.found(), p.hint()));
      return of(""); // reported: nothing is to be opened
    }
  }

  /**
   * Opens the data.
   *
   * @throws InvalidInputException if there is no such data, or it is damaged
   */
  public Dataset open() {
    return open(LabelUse.TASK, null);
  }

  /**
   * Opens samples that go with others.
   *
   * @param use which labels they must have
   * @param form of those others; null where none is known
   * @throws InvalidInputException as {@link #open()}
   */
  public Dataset open(LabelUse use, @Nullable SampleForm form) {
    return Datasets.open(path, options.with(use, form));
  }
}
