package io.holdfast.report;

import io.holdfast.common.AtomicFiles;
import io.holdfast.common.governor.Decision;
import io.holdfast.record.Comparison;
import io.holdfast.record.Example;
import io.holdfast.record.Scorecard;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A report for people: one self-contained HTML file that opens offline, prints, and follows the
 * reader's light or dark mode. It shows scorecards and measures nothing itself.
 *
 * <pre>{@code
 * Report.html(scorecard).write(Path.of("report.html"));
 * }</pre>
 */
public final class Report {
  private final View view;
  private final List<TableSection> tables;

  private Report(View view, List<TableSection> tables) {
    this.view = view;
    this.tables = List.copyOf(tables);
  }

  /** A report on one model, titled by its threat model. */
  public static Report html(Scorecard card) {
    return builder().model("model", card).build();
  }

  /** Collects what a report is to show. */
  public static Builder builder() {
    return new Builder();
  }

  /** The page as text. Equal reports give equal text. */
  public String render() {
    return new Page(view, tables, Assets.load()).render();
  }

  /** Writes the page atomically, as UTF-8. */
  public void write(Path file) {
    AtomicFiles.write(file, render());
  }

  /** Collects models in the order of comparison: what is to be improved on first. */
  public static final class Builder {
    private final List<View.Model> models = new ArrayList<>();
    private String title = "Robustness against small changes of the input";
    private @Nullable String command;
    private @Nullable Comparison comparison;
    private final List<TableSection> tables = new ArrayList<>();

    private Builder() {}

    /** The line above the verdict, such as the experiment's name. */
    public Builder title(String text) {
      title = text;
      return this;
    }

    /** A model of which only the scorecard is known. */
    public Builder model(String name, Scorecard card) {
      return model(name, card, LearningCurves.none(), List.of());
    }

    /**
     * A model.
     *
     * @param name for the page, such as {@code standard}
     * @param curves how its training went
     * @param examples images before and after an attack, those to be shown first in front
     */
    public Builder model(
        String name, Scorecard card, LearningCurves curves, List<Example> examples) {
      return model(name, card, curves, examples, List.of());
    }

    /**
     * A model that a governor watched over.
     *
     * @param decisions what it decided while the model was trained and judged
     */
    public Builder model(
        String name,
        Scorecard card,
        LearningCurves curves,
        List<Example> examples,
        List<Decision> decisions) {
      models.add(new View.Model(name, card, curves, examples, decisions));
      return this;
    }

    /**
     * How the last model differs from the first, where more than the scorecards is known: sample by
     * sample.
     */
    public Builder comparison(Comparison differences) {
      comparison = differences;
      return this;
    }

    /** A table of its own, before what is said of the models. */
    public Builder table(TableSection section) {
      tables.add(section);
      return this;
    }

    /** The command that makes the same report again. */
    public Builder command(String text) {
      command = text;
      return this;
    }

    /**
     * The finished report.
     *
     * @throws IllegalArgumentException if there is no model
     */
    public Report build() {
      return new Report(new View(title, models, command, comparison), tables);
    }
  }
}
