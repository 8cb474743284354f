package io.holdfast.cli;

import io.holdfast.common.Problems;
import io.holdfast.experiment.ComparedRun;
import io.holdfast.experiment.RunFolder;
import io.holdfast.report.Report;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes report.html anew from the files of runs. */
@Command(
    name = "report",
    mixinStandardHelpOptions = true,
    description = "Writes the report of one run, or one that compares several, from their files.")
final class ReportCommand extends BaseCommand {
  @Parameters(
      arity = "1..*",
      paramLabel = "DIR",
      description = "Folders of finished runs; what is to be improved on first.")
  private List<Path> folders = new ArrayList<>();

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "The report (default: report.html, within DIR if there is only one).")
  private @Nullable Path out;

  @Option(names = "--title", paramLabel = "TEXT", description = "The line above the verdict.")
  private @Nullable String title;

  @Override
  public Integer call() {
    Path file = out;
    if (file == null) {
      file = folders.size() == 1 ? new RunFolder(folders.get(0)).report() : Path.of("report.html");
    }
    Report.Builder report = Report.builder().command(command());
    if (title != null) {
      report.title(title);
    }
    Problems problems = new Problems("");
    for (Path folder : folders) {
      RunFolder run = new RunFolder(folder);
      problems.collect(() -> run.addTo(report, run.name()));
    }
    problems.throwIfAny();
    ComparedRun.addTo(report, folders);
    report.build().write(file);
    screen().println("report: " + file);
    return Exit.DONE;
  }

  /** What made the runs, as far as they know; and of several, this command that compares them. */
  private String command() {
    Set<String> lines = new LinkedHashSet<>();
    folders.stream().map(RunFolder::new).map(RunFolder::command).forEach(lines::add);
    lines.remove("");
    if (lines.isEmpty() || folders.size() > 1) {
      lines.add(typed());
    }
    return String.join("\n", lines);
  }
}
