package io.holdfast.cli;

import io.holdfast.common.AtomicFiles;
import io.holdfast.common.InvalidInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes an experiment file to start from. */
@Command(
    name = "init",
    mixinStandardHelpOptions = true,
    description = "Writes a commented experiment file.")
final class InitCommand extends BaseCommand {
  private static final String EMBEDDED = "embedded:fashion-mnist";

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      description = "The file to write (default: ${DEFAULT-VALUE}).")
  private Path file = Path.of("experiment.yaml");

  @Mixin private DataOptions data = new DataOptions();

  @Option(names = "--force", description = "Overwrites a file that is there.")
  private boolean force;

  @Override
  public Integer call() {
    data.check();
    if (Files.isDirectory(file)) {
      throw new InvalidInputException(file.toString(), "", "a file to write", "a folder");
    }
    if (Files.exists(file) && !force) {
      throw new InvalidInputException(
          file.toString(), "", "a new file", "one that exists", "--force overwrites it");
    }
    String own = data.data;
    Map<String, String> sources = Templates.sources(own == null ? EMBEDDED : own, data.test);
    AtomicFiles.write(
        file,
        Templates.read("init.yaml")
            .replace("@TRAIN@", Objects.requireNonNull(sources.get("train")))
            .replace("@TEST@", Objects.requireNonNull(sources.get("test"))));
    screen()
        .println("wrote " + file + "; next: ./holdfast harden " + file + " --out run --dry-run");
    return Exit.DONE;
  }
}
