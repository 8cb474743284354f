package io.holdfast.cli;

import io.holdfast.attack.Attack;
import io.holdfast.attack.Attacks;
import io.holdfast.attack.library.AttackFileReader;
import io.holdfast.attack.library.LibraryFolder;
import io.holdfast.attack.library.RunExamples;
import io.holdfast.attack.library.SavedExample;
import io.holdfast.attack.library.Terms;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.Seed;
import io.holdfast.experiment.AdversarialRun;
import io.holdfast.experiment.Surrogates;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Saves what an attack has found. */
@Command(
    name = "add",
    mixinStandardHelpOptions = true,
    description = {
      "Saves examples that felled their sample.",
      "Those of a run's folder (--from), or those of an attack that is run now (--model, --data,",
      "--attack). Each is verified first."
    })
final class LibraryAddCommand extends BaseCommand {
  private static final List<String> OF_ATTACKS =
      List.of(
          "--architecture",
          "--name-map",
          "--device",
          "--threat",
          "--examples",
          "--seed",
          "--resume",
          "--workers");

  @Mixin private LibraryOptions place = new LibraryOptions();

  @Option(
      names = "--from",
      paramLabel = "DIR",
      description = {
        "The folder of 'attack' (all examples), or of 'harden' or 'evaluate' (those that they",
        "keep to be looked at)."
      })
  private @Nullable Path from;

  @Mixin private ModelOptions model = new ModelOptions();

  @Option(
      names = "--attack",
      paramLabel = "A",
      description = "One attack, such as pgd[steps=50,restarts=5].")
  private String attack = "";

  @Option(
      names = "--licence",
      paramLabel = "TEXT",
      description = "Of the source data (default: what the data set says).")
  private @Nullable String licence;

  @Option(
      names = "--consent",
      paramLabel = "TAG",
      description = "Of the consent under which the samples were collected.")
  private @Nullable String consent;

  @Option(
      names = "--expires",
      paramLabel = "DATE",
      description = "The first day on which they must not be used any more (default: never).")
  private @Nullable LocalDate expires;

  @Option(names = "--resume", description = "Goes on with an attack that was interrupted.")
  private boolean resume;

  @Option(
      names = "--workers",
      paramLabel = "N",
      description = "Threads; one per core by default. Never changes results.")
  private int workers;

  @Override
  public Integer call() {
    Problems problems = new Problems("");
    LocalDate today = place.today.date();
    if (expires != null && !expires.isAfter(today)) {
      problems.add("--expires", "a day after " + today, expires.toString());
    }
    problems.collect(() -> LibraryFolder.at(place.folder));
    Path folder = from;
    if (folder == null) {
      return attack(problems);
    }
    if (!attack.isEmpty() || !model.which.model.isEmpty() || !model.data.isEmpty()) {
      problems.add("--from", "either --from, or --model, --data and --attack", "both");
    }
    for (String option : OF_ATTACKS) {
      if (group().getParseResult().hasMatchedOption(option)) {
        problems.add(option, "nothing: the examples of --from are there already", "it");
      }
    }
    problems.throwIfAny();
    return add(examples(folder));
  }

  private Terms terms() {
    return new Terms(place.today.date(), expires, licence, consent);
  }

  private int add(Iterable<SavedExample> examples) {
    LibraryFolder.Added added = LibraryFolder.at(place.folder).add(examples, place.today.date());
    return LibraryAdded.print(added, place.folder, place.json, screen(), notes());
  }

  private Iterable<SavedExample> examples(Path folder) {
    Path file = Files.isRegularFile(folder) ? folder : folder.resolve(AdversarialRun.RESULT);
    if (Files.isRegularFile(file)) {
      return AttackFileReader.read(file, terms());
    }
    if (Files.isRegularFile(folder.resolve("examples.jsonl"))) {
      return RunExamples.read(folder, terms());
    }
    throw new InvalidInputException(
        "--from " + folder,
        "",
        "the folder of a finished attack, evaluation or experiment",
        Files.exists(folder) ? "something else" : "nothing");
  }

  /** The attack's own folder stands beside the library until its examples are saved. */
  private int attack(Problems problems) {
    Attack[] chosen = new Attack[1];
    if (attack.isEmpty()) {
      problems.add("--attack", "an attack, or --from with a run's folder", "nothing");
    } else {
      ModelOptions.collect("--attack", attack, problems, () -> chosen[0] = Attacks.parse(attack));
    }
    JobOptions job = new JobOptions();
    job.workers = workers;
    Path library = place.folder.toAbsolutePath().normalize();
    Path work = library.resolveSibling("." + library.getFileName() + ".attack");
    try (ModelOptions.Opened opened = model.open(problems);
        Job running = Job.start(job)) {
      new AdversarialRun(
              opened.bundle(),
              Surrogates.NONE,
              opened.threat(),
              chosen[0],
              new Seed(model.seed),
              workers,
              work,
              resume,
              running.progress(),
              running.stopper())
          .on(opened.samples());
    }
    int exit = add(examples(work));
    AdversarialRun.delete(work);
    return exit;
  }
}
