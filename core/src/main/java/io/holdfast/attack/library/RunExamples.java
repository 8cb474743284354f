package io.holdfast.attack.library;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.attack.Attacks;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.Problems;
import io.holdfast.common.Provenance;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import io.holdfast.record.Attempt;
import io.holdfast.record.Example;
import io.holdfast.record.Examples;
import io.holdfast.record.Kind;
import io.holdfast.record.Ledger;
import io.holdfast.record.LedgerContent;
import io.holdfast.record.Outcome;
import io.holdfast.record.Pixels;
import io.holdfast.record.Scorecard;
import io.holdfast.tensor.Precision;
import io.holdfast.threat.Distances;
import io.holdfast.threat.ThreatModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The examples that an evaluation kept to be looked at, {@code examples.jsonl}, where the ledger
 * says that the same attack felled the same sample. There are few of them; {@code holdfast attack}
 * keeps all.
 */
public final class RunExamples {
  private final Path folder;
  private final Provenance provenance;
  private final JsonNode evaluation;
  private final ThreatModel threat;
  private final Terms terms;
  private final Map<String, Attempt> verdicts = new HashMap<>();
  private final Map<Integer, String> classNames = new HashMap<>();

  private RunExamples(Path folder, LedgerContent ledger, Terms terms) {
    this.folder = folder;
    this.terms = terms;
    provenance = ledger.provenance();
    evaluation = Json.tree(provenance.configuration()).path("evaluation");
    threat = threat();
    Path card = folder.resolve("scorecard.json");
    if (Files.isRegularFile(card)) {
      Scorecard.read(card).classes().forEach(c -> classNames.put(c.label(), c.name()));
    }
    for (Attempt row : ledger.rows()) {
      if (row.kind() == Kind.VERDICT) {
        verdicts.put(row.sampleId() + " " + row.attempt(), row);
      }
    }
  }

  /**
   * The kept examples that felled their sample, both in the run that made them and in the ledger:
   * those of an attack that looks at its samples together may differ.
   *
   * @param folder of a finished evaluation, with {@code examples.jsonl} and {@code ledger.parquet}
   * @throws InvalidInputException if it is none, or its files are damaged
   */
  public static List<SavedExample> read(Path folder, Terms terms) {
    RunExamples run = new RunExamples(folder, Ledger.read(folder), terms);
    List<SavedExample> saved = new ArrayList<>();
    for (Example example : Examples.read(folder.resolve("examples.jsonl"))) {
      if (example.fooled() && run.verdict(example).outcome() == Outcome.FELL) {
        saved.add(run.saved(example, run.search(example)));
      }
    }
    return saved;
  }

  private ThreatModel threat() {
    Problems problems = new Problems(folder + ": provenance of the ledger");
    SettingsReader reader =
        Settings.yaml(evaluation.path("threat").toString(), folder.toString()).reader(problems);
    ThreatModel read = ThreatModel.read(reader);
    problems.throwIfAny();
    return read;
  }

  private SavedExample saved(Example e, Example.Search search) {
    Pixels clean = e.clean();
    Content content =
        new Content(
            List.of(clean.channels(), clean.height(), clean.width()),
            e.label(),
            clean.values(),
            e.adversarial().values(),
            variables(search));
    String key = evaluation.path("attacks").path(e.attack()).asText(e.attack());
    AttackOrigin attack =
        new AttackOrigin(
            key,
            evaluation.path("seed").asLong(),
            precision(key),
            provenance.codeVersion(),
            search.queries(),
            search.gradients());
    String hash = provenance.dataHashes().getOrDefault(Provenance.EVALUATION, "");
    Entry entry =
        new Entry(
            content.id(),
            content.shape(),
            e.label(),
            e.adversarialPrediction(),
            e.adversarialConfidence(),
            search.trueConfidence(),
            Distances.between(Content.wide(content.clean()), Content.wide(content.adversarial())),
            threat,
            attack,
            new ModelOrigin(evaluation.path("weights").asText(), "", ""),
            terms.source(
                evaluation.path("data").asText(),
                hash,
                e.sampleId(),
                "",
                classNames.getOrDefault(e.label(), "")),
            terms.date(),
            terms.expires(),
            Status.ACTIVE);
    return new SavedExample(entry, content);
  }

  /** Of the search: attacks that ask for it have float32 whatever the evaluation's is. */
  private String precision(String key) {
    String usual = evaluation.path("precision").asText();
    try {
      return Attacks.parse(key).exact() ? Precision.FLOAT32.text() : usual;
    } catch (InvalidInputException e) {
      return usual; // an attack of the user's own, which has no text
    }
  }

  private static float[] variables(Example.Search search) {
    float[] values = new float[search.variables().size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = search.variables().get(i);
    }
    return values;
  }

  private Example.Search search(Example e) {
    Example.Search search = e.search();
    if (search == null) {
      throw new InvalidInputException(
          folder.resolve("examples.jsonl").toString(),
          "sample " + e.sampleId(),
          "what the search spent on it",
          "nothing, as in the first builds",
          "run the evaluation again");
    }
    return search;
  }

  private Attempt verdict(Example e) {
    @Nullable Attempt row = verdicts.get(e.sampleId() + " " + e.attack());
    if (row == null) {
      throw new InvalidInputException(
          folder.resolve("examples.jsonl").toString(),
          "sample " + e.sampleId(),
          "a verdict of " + e.attack() + " in the ledger",
          "none");
    }
    return row;
  }
}
