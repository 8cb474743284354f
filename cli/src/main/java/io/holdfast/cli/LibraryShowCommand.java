package io.holdfast.cli;

import io.holdfast.attack.library.Content;
import io.holdfast.attack.library.Entry;
import io.holdfast.attack.library.ExampleLibrary;
import io.holdfast.common.AtomicFiles;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.record.Pixels;
import io.holdfast.report.Png;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** All that a library knows of one example. */
@Command(
    name = "show",
    mixinStandardHelpOptions = true,
    description = "Prints all that a library knows of one example.")
final class LibraryShowCommand extends BaseCommand {
  @Mixin private LibraryOptions place = new LibraryOptions();

  @Parameters(index = "1", paramLabel = "ID", description = "The beginning of its id.")
  private String id = "";

  @Option(
      names = "--png",
      paramLabel = "DIR",
      description = "Writes clean and perturbed image there, ID-clean.png and ID.png.")
  private @Nullable Path pictures;

  /**
   * What an example does to a model.
   *
   * @param weights of the model, their hash
   */
  private record Transferred(String weights, boolean fooled, String date) {}

  @Override
  public Integer call() {
    ExampleLibrary library = place.load(notes());
    Entry entry = library.find(id);
    Map<String, Object> all = new LinkedHashMap<>(entry.toMap());
    all.put(
        "models",
        library.transfers().stream()
            .filter(t -> t.fooled().contains(entry.id()) || t.held().contains(entry.id()))
            .map(
                t ->
                    new Transferred(
                        t.model().weights(), t.fooled().contains(entry.id()), t.date().toString()))
            .toList());
    if (place.json) {
      screen().print(Json.pretty(all));
    } else {
      all.forEach((key, value) -> screen().printf("%-16s %s%n", key, words(value)));
    }
    if (pictures != null) {
      write(library.content(entry), entry.id(), pictures);
    }
    return Exit.DONE;
  }

  private static String words(Object value) {
    return value instanceof String text ? text : Json.compact(value);
  }

  private static void write(Content content, String id, Path folder) {
    List<Integer> shape = content.shape();
    if (shape.size() != 3 || (shape.get(0) != 1 && shape.get(0) != 3)) {
      throw new InvalidInputException(
          "--png", "", "an image of one or three colours", "inputs of shape " + shape);
    }
    write(folder.resolve(id + "-clean.png"), content.clean(), shape);
    write(folder.resolve(id + ".png"), content.adversarial(), shape);
  }

  private static void write(Path file, float[] values, List<Integer> shape) {
    AtomicFiles.write(
        file, Png.encode(Pixels.of(values, shape.get(0), shape.get(1), shape.get(2))));
  }
}
