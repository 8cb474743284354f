package io.holdfast.data;

import io.holdfast.common.SettingsReader;
import io.holdfast.data.image.ReadOptions;

/**
 * Where a data set lies and how to read it, as an experiment file states it; nothing is opened
 * before {@link #open}.
 *
 * @param path {@code embedded:NAME/SPLIT}, a file or a folder
 */
public record DataSource(String path, ReadOptions options) {

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
   * Reads a key of a section: a path as plain text, whatever characters it has, or a section as
   * above.
   */
  public static DataSource read(SettingsReader parent, String key) {
    return parent.isSection(key) ? read(parent.section(key)) : of(parent.text(key));
  }

  /**
   * Opens the data.
   *
   * @throws io.holdfast.common.InvalidInputException if there is no such data, or it is damaged
   */
  public Dataset open() {
    return Datasets.open(path, options);
  }
}
