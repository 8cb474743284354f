package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.Json;
import io.holdfast.data.Dataset;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.experiment.Hardening;
import io.holdfast.experiment.UniversalFit;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.graph.Shape;
import io.holdfast.record.Attempt;
import io.holdfast.record.Kind;
import io.holdfast.record.Ledger;
import io.holdfast.record.Outcome;
import io.holdfast.record.Scorecard;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.train.objective.Standard;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class UniversalCommandTest {
  private static final String TEST = "embedded:fashion-mnist/test";
  private static final String TRAIN = "embedded:fashion-mnist/train";

  private static Path model;
  private static Path other;

  @BeforeAll
  static void train(@TempDir Path folder) {
    model = folder.resolve("model.holdfast");
    other = folder.resolve("other.holdfast");
    for (Path file : List.of(model, other)) {
      try (Bundle bundle =
          Hardening.of(Architectures.mlp(Shape.of(1, 28, 28), 10, 16))
              .objective(new Standard())
              .seed(file.equals(model) ? 1 : 2)
              .epochs(8)
              .fit(FashionMnist.train().first(640))) {
        bundle.write(file);
      }
    }
  }

  private static Ran universal(Path of, Path out, Object... more) {
    List<Object> command =
        new ArrayList<>(
            List.of("universal", "--model", of, "--threat", "linf:0.2", "--data", TEST));
    command.addAll(List.of("--examples", "100", "--out", out));
    command.addAll(Arrays.asList(more));
    return Ran.command(command.toArray());
  }

  private static long fell(Path folder) {
    Set<Long> fallen = new HashSet<>();
    for (Attempt row : Ledger.read(folder.resolve("ledger.parquet")).rows()) {
      if (row.kind() == Kind.VERDICT && row.outcome() == Outcome.FELL) {
        fallen.add(row.sampleId());
      }
    }
    return fallen.size();
  }

  /** Moosavi-Dezfooli et al. 2017, section 3: on samples that it was not made for. */
  @Test
  void onePerturbationFellsSamplesThatItHasNotSeen(@TempDir Path folder) throws Exception {
    Path out = folder.resolve("out");
    String attack = "uap[steps=20]";
    Ran ran = universal(model, out, "--fit", TRAIN, "--fit-examples", "200", "--attack", attack);
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(ran.out())
        .contains("fell of those that it was made for", "perturbation.safetensors");
    UniversalFit.Made made = UniversalFit.read(out.resolve(UniversalFit.RESULT));
    for (float value : made.perturbation().values()) {
      assertThat(Math.abs(value)).isLessThanOrEqualTo(0.2000001f);
    }
    assertThat(made.fell().n()).isBetween(100L, 200L);
    assertThat(out.resolve(UniversalFit.PICTURE)).exists();
    assertThat(out.resolve("report.html")).exists();
    long unseen = fell(out);

    Path noise = folder.resolve("noise");
    Ran random =
        Ran.command(
            "evaluate",
            "--model",
            model,
            "--threat",
            "linf:0.2",
            "--data",
            TEST,
            "--examples",
            "100",
            "--attack",
            "uniform-noise",
            "--out",
            noise);
    assertThat(random.exit()).as(random.err()).isZero();
    assertThat(unseen).isGreaterThan(fell(noise) + 10);

    Path kept = out.resolve(UniversalFit.RESULT);
    Path again = folder.resolve("again");
    assertThat(universal(model, again, "--perturbation", kept).exit()).isZero();
    assertThat(fell(again)).as("the same perturbation").isEqualTo(unseen);
    Path elsewhere = folder.resolve("elsewhere");
    Ran transfer = universal(other, elsewhere, "--perturbation", kept, "--json");
    assertThat(transfer.exit()).as(transfer.err()).isZero();
    assertThat(fell(elsewhere)).as("on another model").isGreaterThan(fell(noise));
    JsonNode card = Json.parse(transfer.out(), "card");
    assertThat(card.toString()).contains(made.perturbation().key());

    assertThat(Files.readAllBytes(again.resolve(UniversalFit.RESULT)))
        .as("the folder holds what was judged")
        .isEqualTo(Files.readAllBytes(kept));
    Path within = folder.resolve("within");
    Ran smaller =
        Ran.command(
            "universal",
            "--model",
            model,
            "--threat",
            "linf:0.05",
            "--data",
            TEST,
            "--examples",
            "100",
            "--perturbation",
            kept,
            "--out",
            within);
    assertThat(smaller.exit()).as(smaller.err()).isZero();
    assertThat(Scorecard.read(within.resolve("scorecard.json")).toJson())
        .contains("made within linf:0.2", "judged within linf:0.05, and cut to it");
    assertThat(fell(within)).isLessThan(unseen);
    Ran both = universal(model, folder.resolve("no"), "--perturbation", kept, "--attack", "uap");
    assertThat(both.err()).contains("--attack", "which was made before");

    Path file = folder.resolve("changed.safetensors");
    byte[] bytes = Files.readAllBytes(kept);
    bytes[bytes.length - 2] ^= 1;
    Files.write(file, bytes);
    Ran refused = universal(model, folder.resolve("no"), "--perturbation", file);
    assertThat(refused.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(refused.err()).contains("the file was changed");
    assertThat(folder.resolve("no")).doesNotExist();
  }

  @Test
  void aPatchIsKeptTooAndAnEqualRunIsGoneOnWith(@TempDir Path folder) throws Exception {
    Object[] more = {
      "--fit",
      TRAIN,
      "--fit-examples",
      "60",
      "--threat",
      "patch:10",
      "--attack",
      "adversarial-patch[steps=5,tries=2]",
      "--resume"
    };
    List<Object> command =
        new ArrayList<>(List.of("universal", "--model", model, "--data", TEST, "--examples", "40"));
    command.addAll(List.of("--out", folder.resolve("out")));
    command.addAll(Arrays.asList(more));
    Ran first = Ran.command(command.toArray());
    assertThat(first.exit()).as(first.err()).isZero();
    Path kept = folder.resolve("out").resolve(UniversalFit.RESULT);
    UniversalFit.Made made = UniversalFit.read(kept);
    assertThat(made.perturbation().shape()).containsExactly(1, 1, 10, 10);
    FileTime time = Files.getLastModifiedTime(kept);
    Ran second = Ran.command(command.toArray());
    assertThat(second.exit()).as(second.err()).isZero();
    assertThat(Files.getLastModifiedTime(kept)).as("taken as it is").isEqualTo(time);
    assertThat(second.out()).isEqualTo(first.out());
  }

  /** Nothing of an earlier run is lost to one that cannot go on with it. */
  @Test
  void anotherRunIsNotGoneOnWith(@TempDir Path folder) throws Exception {
    Path out = folder.resolve("out");
    assertThat(universal(model, out, "--fit", folder.resolve("none"), "--resume").exit())
        .isEqualTo(Exit.BAD_INPUT);
    Object[] first = {"--fit", TRAIN, "--fit-examples", "40", "--attack", "uap[steps=2]"};
    assertThat(universal(model, out, first).exit()).isZero();
    byte[] kept = Files.readAllBytes(out.resolve(UniversalFit.RESULT));
    byte[] card = Files.readAllBytes(out.resolve("scorecard.json"));
    Ran other =
        universal(
            model,
            out,
            "--fit",
            TRAIN,
            "--fit-examples",
            "50",
            "--attack",
            "uap[steps=2]",
            "--resume");
    assertThat(other.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(other.err()).contains("to go on with");
    assertThat(Files.readAllBytes(out.resolve(UniversalFit.RESULT))).isEqualTo(kept);
    assertThat(Files.readAllBytes(out.resolve("scorecard.json"))).isEqualTo(card);

    Path third = folder.resolve("third");
    assertThat(
            universal(model, third, "--fit", TRAIN, "--fit-examples", "50", "--attack", "uap")
                .exit())
        .isZero();
    Path made = third.resolve(UniversalFit.RESULT);
    assertThat(universal(model, out, "--perturbation", made, "--resume").err())
        .contains("to go on with");
    assertThat(Files.readAllBytes(out.resolve(UniversalFit.RESULT))).isEqualTo(kept);
  }

  /** The same file by another name. */
  @Test
  void samplesThatItWasMadeForAreCounted(@TempDir Path folder) {
    int[] first = IntStream.range(0, 30).toArray();
    Dataset test = FashionMnist.test();
    try (Scope scope = Scope.open()) {
      Tensor images = Tensors.of(test.read(first), 30, 1, 28, 28);
      Tensor labels = Tensors.of(IntStream.of(first).mapToLong(test::label).toArray(), 30);
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("images", images);
      tensors.put("labels", labels);
      Safetensors.write(folder.resolve("data.safetensors"), tensors, Map.of());
    }
    Path out = folder.resolve("out");
    Ran ran =
        Ran.command(
            "universal",
            "--model",
            model,
            "--threat",
            "linf:0.2",
            "--data",
            folder + "/data.safetensors",
            "--fit",
            folder + "/./data.safetensors",
            "--fit-examples",
            "20",
            "--attack",
            "uap[steps=2]",
            "--out",
            out);
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(Scorecard.read(out.resolve("scorecard.json")).toJson())
        .contains("20 of the samples that it is judged on");
  }

  @Test
  void whatCannotBeMeantIsToldAtOnce(@TempDir Path folder) {
    Path out = folder.resolve("out");
    Ran same = universal(model, out, "--fit", TEST, "--attack", "pgd", "--fit-examples", "0");
    assertThat(same.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(same.err())
        .contains("other samples than those of --data")
        .contains("one perturbation for all samples")
        .contains("--fit-examples");
    assertThat(universal(model, out).err()).contains("--fit", "--perturbation");
    Ran each = universal(model, out, "--fit", TRAIN, "--attack", "eot-patch");
    assertThat(each.err()).contains("one perturbation for all samples");
    Ran both = universal(model, out, "--fit", TRAIN, "--perturbation", folder.resolve("none"));
    assertThat(both.err()).contains("--fit", "none");
    assertThat(out).doesNotExist();
    Ran dry = universal(model, out, "--fit", TRAIN, "--dry-run");
    assertThat(dry.exit()).as(dry.err()).isZero();
    assertThat(out).doesNotExist();
  }
}
