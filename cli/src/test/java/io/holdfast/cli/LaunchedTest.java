package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.common.Provenance;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The real command through the real launcher; instead of a build, a jar that names our classes. */
@EnabledOnOs(OS.LINUX)
final class LaunchedTest {
  private static Path work;
  private static Checkout checkout;

  @BeforeAll
  static void build(@TempDir Path folder) throws Exception {
    checkout = Checkout.in(folder);
    checkout.environment().put("JAVA_HOME", System.getProperty("java.home"));
    checkout.environment().put("HOLDFAST_JAVA_OPTS", "-XX:TieredStopAtLevel=1"); // short lives
    Path jar = folder.resolve("ours.jar");
    writeJarOfOurClasses(jar);
    checkout.maven("cp '" + jar + "' \"$app/holdfast-cli.jar\"");
    work = Files.createDirectories(folder.resolve("else where"));
    Ran.experiment(work);
    assertThat(launch("--version").err()).contains("building (first use)");
  }

  /** An empty jar whose manifest leads to the class path of this test. */
  private static void writeJarOfOurClasses(Path jar) throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    String places =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(place -> Path.of(place).toUri().toString())
            .collect(Collectors.joining(" "));
    manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, places);
    try (OutputStream out = Files.newOutputStream(jar)) {
      new JarOutputStream(out, manifest).close();
    }
  }

  private static Checkout.Ended launch(String... args) throws Exception {
    return finish(start(args));
  }

  private static Process start(String... args) throws IOException {
    return checkout.start(work, checkout.home().resolve("holdfast"), args);
  }

  private static Checkout.Ended finish(Process process) throws Exception {
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).as("ends in time").isTrue();
    return checkout.ended(process);
  }

  @Test
  void helpListsTheCommands() throws Exception {
    Checkout.Ended help = launch("--help");
    assertThat(help.exit()).isZero();
    assertThat(help.out()).contains("Usage: holdfast", "quickstart", "harden", "130");
    assertThat(help.err()).isEmpty();
    assertThat(checkout.builds()).isEqualTo(1);
  }

  @Test
  void theVersionIsTheOneOfTheProvenance() throws Exception {
    assertThat(launch("--version").out()).startsWith("holdfast " + Provenance.currentCode());
  }

  @Test
  void doctorLoadsTheEngine() throws Exception {
    Checkout.Ended doctor = launch("doctor", "--json");
    assertThat(doctor.exit()).as(doctor.err()).isZero();
    assertThat(doctor.out()).startsWith("{").contains("\"engine\"", "LibTorch");
  }

  @Test
  void pathsAreThoseOfTheFolderItIsCalledFrom() throws Exception {
    Checkout.Ended plan = launch("harden", "tiny.yaml", "--out", "run", "--dry-run");
    assertThat(plan.exit()).as(plan.err()).isZero();
    assertThat(work.resolve("run")).as("a dry run writes nothing").doesNotExist();
  }

  @Test
  void badInputEndsWith2() throws Exception {
    Checkout.Ended missing = launch("harden", "none.yaml", "--out", "run");
    assertThat(missing.exit()).isEqualTo(2);
    assertThat(missing.err()).contains("none.yaml").doesNotContain("\tat ");
    Checkout.Ended unknown = launch("hardn");
    assertThat(unknown.exit()).isEqualTo(2);
    assertThat(unknown.err()).contains("Did you mean: holdfast harden");
  }

  /** The device takes nothing, as a full disk does; a reader that has seen enough is no mishap. */
  @Test
  void aResultThatCouldNotBeWrittenIsNoSuccess() throws Exception {
    Checkout.Ended lost = shell("\"$0\" attacks >/dev/full");
    assertThat(lost.exit()).isEqualTo(1);
    assertThat(lost.err())
        .hasLineCount(1)
        .startsWith("standard output: the result could not be written");
    Checkout.Ended head = shell("\"$0\" attacks | head -n 1");
    assertThat(head.exit()).isZero();
    assertThat(head.err()).isEmpty();
  }

  @Test
  void aCacheThatCannotBeWrittenIsNamed() throws Exception {
    Checkout.Ended ended = shell("HOLDFAST_CACHE=/proc/nothing \"$0\" harden tiny.yaml --out none");
    assertThat(ended.exit()).isEqualTo(2);
    assertThat(ended.err()).hasLineCount(1).startsWith("HOLDFAST_CACHE: expected a folder");
  }

  @Test
  void aHeapMayBeSmallerThanTheUsualFirstSize() throws Exception {
    assertThat(shell("HOLDFAST_JAVA_OPTS=-Xmx24m \"$0\" --version").exit()).isZero();
  }

  private static Checkout.Ended shell(String command) throws Exception {
    String launcher = checkout.home().resolve("holdfast").toString();
    return finish(checkout.start(work, Path.of("/bin/sh"), "-c", command, launcher));
  }

  @Test
  void ctrlCReachesTheJvmAndEndsWith130() throws Exception {
    Process process = start("harden", "tiny.yaml", "--out", "long", "--set", "train.epochs=5000");
    Path metrics = work.resolve("long/metrics.jsonl");
    while (!Files.exists(metrics) || Files.size(metrics) == 0) {
      assertThat(process.waitFor(20, TimeUnit.MILLISECONDS)).as("still trains").isFalse();
    }
    new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
    Checkout.Ended ended = finish(process);
    assertThat(ended.exit()).isEqualTo(130);
    assertThat(ended.err()).contains("--resume");
    assertThat(work.resolve("long/checkpoint.safetensors")).exists();
  }
}
