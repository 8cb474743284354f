package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The launcher itself, with stand-ins for Maven and the JVM that say how they were called. */
@EnabledOnOs(OS.LINUX)
final class LauncherTest {
  private Path folder;
  private Checkout checkout;

  @BeforeEach
  void makeCheckout(@TempDir Path directory) throws IOException {
    folder = directory;
    checkout = Checkout.in(folder);
    java("17.0.15");
    checkout.maven(": >\"$app/other.jar\" && : >\"$app/holdfast-cli.jar\"");
  }

  @Test
  void buildsOnFirstUseOnlyAndPassesTheArguments() throws Exception {
    Checkout.Ended first = checkout.launch("harden", "a file.yaml");
    assertThat(first.exit()).isZero();
    assertThat(first.err()).contains("building (first use)").hasLineCount(1);
    assertThat(first.out())
        .contains("[io.holdfast.cli.Main][harden][a file.yaml]")
        .contains("holdfast-cli.jar:", "other.jar]")
        .contains("[-Dorg.bytedeco.javacpp.nopointergc=true]")
        .contains("mmap=1073741824 trim=1073741824");
    Checkout.Ended second = checkout.launch();
    assertThat(second.err()).isEmpty();
    assertThat(checkout.builds()).isEqualTo(1);
  }

  @Test
  void rebuildsWhenASourceChangesAppearsOrGoes() throws Exception {
    checkout.launch();
    checkout.write("core/src/main/java/A.java", "class A { int changed; }");
    assertThat(checkout.launch().err()).contains("building (the sources changed)");
    checkout.write("core/src/main/java/B.java", "class B {}");
    checkout.launch();
    assertThat(checkout.builds()).isEqualTo(3);
    Files.delete(checkout.home().resolve("core/src/main/java/B.java"));
    checkout.launch();
    assertThat(checkout.builds()).isEqualTo(4);
    checkout.write("core/src/test/java/ATest.java", "class ATest {}");
    checkout.launch();
    assertThat(checkout.builds()).as("a test is no reason to build").isEqualTo(4);
    try (var apps = Files.list(checkout.home().resolve(".holdfast"))) {
      assertThat(apps.filter(p -> p.getFileName().toString().startsWith("app."))).hasSize(1);
    }
  }

  @Test
  void buildArgumentsAreKeptUntilSetAnew() throws Exception {
    checkout.environment().put("HOLDFAST_MAVEN_ARGS", "-Pcuda -o");
    checkout.launch();
    checkout.environment().remove("HOLDFAST_MAVEN_ARGS");
    checkout.launch();
    assertThat(checkout.builds()).isEqualTo(1);
    checkout.write("pom.xml", "<project></project>");
    checkout.launch();
    assertThat(Files.readString(folder.resolve("maven.log")).lines())
        .allMatch(l -> l.endsWith("-Pcuda -o"));
    checkout.environment().put("HOLDFAST_MAVEN_ARGS", "");
    checkout.launch();
    assertThat(checkout.builds()).isEqualTo(3);
  }

  @Test
  void aFailedBuildSaysWhyAndLeavesNothingBehind() throws Exception {
    checkout.maven("echo '[ERROR] Holdfast needs a JDK'; echo '[ERROR] -> [Help 1]'; exit 1");
    Checkout.Ended result = checkout.launch("doctor");
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.err())
        .contains("the build failed:", "Holdfast needs a JDK", ".holdfast/build.log")
        .doesNotContain("Help 1");
    assertThat(checkout.home().resolve(".holdfast/lock")).doesNotExist();
    assertThat(checkout.home().resolve(".holdfast/current")).doesNotExist();
  }

  @Test
  void aLockLeftByAKilledBuildIsTakenOver() throws Exception {
    checkout.write(".holdfast/lock/pid", "999999999\n");
    assertThat(checkout.launch().exit()).isZero();
  }

  @Test
  void worksThroughALinkFromAnotherFolder() throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("hf"), Path.of("check out", "holdfast"));
    assertThat(checkout.launch(link, "doctor").out()).contains("[io.holdfast.cli.Main][doctor]");
  }

  @Test
  void optionsAndCacheReachTheJvmInThatOrder() throws Exception {
    checkout.environment().put("HOLDFAST_JAVA_OPTS", "-Xmx8g -Dx=1");
    checkout.environment().put("HOLDFAST_CACHE", "/tmp/a cache");
    assertThat(checkout.launch().out())
        .contains("[-Xmx8g][-Dx=1][io.holdfast.cli.Main]")
        .contains("[-Dorg.bytedeco.javacpp.cachedir=/tmp/a cache]");
  }

  @Test
  void anOldJavaIsRefusedInPlainWords() throws Exception {
    java("1.8.0_392");
    Checkout.Ended result = checkout.launch();
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err()).contains("Java 17 or newer is needed", "is Java 1.8.0_392");
    java("25.0.1");
    assertThat(checkout.launch().out()).contains("[--enable-native-access=ALL-UNNAMED]");
  }

  @Test
  void aWrongJavaHomeIsNamed() throws Exception {
    checkout.environment().put("JAVA_HOME", "/no/such/jdk");
    assertThat(checkout.launch().err()).contains("JAVA_HOME is /no/such/jdk");
  }

  @Test
  void theExitCodeIsTheJvms() throws Exception {
    checkout.script(folder.resolve("jdk/bin/java"), "exit 3");
    assertThat(checkout.launch().exit()).isEqualTo(3);
  }

  @Test
  void theBuildIsToldTheCommitThatItIsMadeFrom() throws Exception {
    checkout.launch();
    assertThat(builtFrom()).as("no checkout of its own").isEmpty();
    checkout.git("init", "-q");
    checkout.git("add", ".");
    checkout.git("commit", "-q", "-m", "One");
    checkout.write("core/src/test/java/ATest.java", "class ATest {}"); // is not built
    checkout.environment().put("HOLDFAST_MAVEN_ARGS", "-o");
    checkout.launch();
    String commit = checkout.git("rev-parse", "--short", "HEAD");
    assertThat(builtFrom()).matches("[0-9a-f]{4,}").isEqualTo(commit);
    checkout.write("core/src/main/java/A.java", "class A { int changed; }");
    checkout.launch();
    assertThat(builtFrom()).isEqualTo(commit + " with changes");
  }

  @Test
  void anotherProjectsCommitIsNotOurs() throws Exception {
    checkout.git("-C", "..", "init", "-q");
    checkout.git("-C", "..", "commit", "-q", "--allow-empty", "-m", "Not ours");
    checkout.launch();
    assertThat(builtFrom()).isEmpty();
  }

  @Test
  void theTerminalsWidthReachesTheJvm() throws Exception {
    assumeThat(Path.of("/usr/bin/script")).as("a terminal is made by script(1)").exists();
    checkout.script(folder.resolve("jdk/bin/java"), "echo \"columns=$COLUMNS\"");
    checkout.launch();
    String onTerminal = "stty cols 57; exec '" + checkout.home().resolve("holdfast") + "'";
    Path script = Path.of("/usr/bin/script");
    assertThat(checkout.launch(script, "-qec", onTerminal, "/dev/null").out())
        .contains("columns=57");
    checkout.environment().put("COLUMNS", "44");
    assertThat(checkout.launch(script, "-qec", onTerminal, "/dev/null").out())
        .as("the user's own width wins")
        .contains("columns=44");
  }

  /** The commit that the last build was told. */
  private String builtFrom() throws IOException {
    List<String> calls = Files.readAllLines(folder.resolve("maven.log"));
    Matcher told =
        Pattern.compile("-Dholdfast\\.commit=(.*?)( -o)?$").matcher(calls.get(calls.size() - 1));
    assertThat(told.find()).isTrue();
    return told.group(1).strip();
  }

  private void java(String version) throws IOException {
    checkout.write("../jdk/release", "JAVA_VERSION=\"" + version + "\"\n");
    checkout.script(
        folder.resolve("jdk/bin/java"),
        "printf '[%s]' \"$@\"",
        "echo \" mmap=$MALLOC_MMAP_THRESHOLD_ trim=$MALLOC_TRIM_THRESHOLD_\"");
  }
}
