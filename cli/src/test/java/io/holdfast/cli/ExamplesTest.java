package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the README and the folder {@code examples} show works, on fewer samples and steps. */
class ExamplesTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  private static String program() throws IOException {
    return Files.readString(ROOT.resolve("examples/FirstProgram.java"));
  }

  @Test
  void theReadmeShowsTheProgram() throws IOException {
    String readme = Files.readString(ROOT.resolve("README.md"));
    int start = readme.indexOf("```java\n") + "```java\n".length();
    String shown = readme.substring(start, readme.indexOf("```", start));
    assertThat(words(program())).contains(words(shown));
  }

  private static String words(String text) {
    return text.replaceAll("\\s+", " ").strip();
  }

  @Test
  void theProgramCompilesAndRuns(@TempDir Path folder) throws Exception {
    String small =
        program()
            .replace("FashionMnist.train()", "FashionMnist.train().first(256)")
            .replace(".epochs(4)", ".epochs(1)")
            .replace("Pgd.steps(7)", "Pgd.steps(2)")
            .replace("Pgd.steps(50).restarts(5)", "Pgd.steps(3).restarts(2)")
            .replace("test.first(1000)", "test.first(32)")
            .replace("Path.of(\"", "Path.of(\"" + folder + "/");
    Path source = folder.resolve("FirstProgram.java");
    Files.writeString(source, small);
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    int failed =
        compiler.run(
            null,
            null,
            null,
            "-cp",
            System.getProperty("java.class.path"),
            "-d",
            folder.toString(),
            source.toString());
    assertThat(failed).isZero();
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {folder.toUri().toURL()}, getClass().getClassLoader())) {
      loader
          .loadClass("FirstProgram")
          .getMethod("main", String[].class)
          .invoke(null, (Object) new String[0]);
    }
    assertThat(folder.resolve("model.holdfast")).isNotEmptyFile();
    assertThat(folder.resolve("report.html")).isNotEmptyFile();
  }

  @ParameterizedTest
  @ValueSource(strings = {"fashion-linf.yaml", "fashion-trades.yaml"})
  void theEmbeddedExamplesRun(String name, @TempDir Path folder) {
    Path out = folder.resolve("out");
    Ran ran =
        Ran.command(
            "harden",
            ROOT.resolve("examples").resolve(name),
            "--out",
            out,
            "--set",
            "train.epochs=1",
            "--set",
            "train.batch=4096",
            "--set",
            "train.attack.steps=1",
            "--set",
            "train.validation.examples=16",
            "--set",
            "evaluate={attacks: [fgsm], examples: 32, curve: 0}");
    assertThat(ran.exit()).as(ran.err()).isEqualTo(Exit.DONE);
    for (String file :
        List.of(
            "model.holdfast", "metrics.jsonl", "scorecard.json", "ledger.parquet", "report.html")) {
      assertThat(out.resolve(file)).isNotEmptyFile();
    }
  }
}
