package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The launcher itself, with stand-ins for Maven and the JVM that say how they were called. */
@EnabledOnOs(OS.LINUX)
final class LauncherTest {
  private static final Path LAUNCHER = Path.of("..", "holdfast").toAbsolutePath().normalize();

  private Path folder;
  private Path home;
  private final Map<String, String> environment = new HashMap<>();

  private record Result(int exit, String out, String err) {}

  @BeforeEach
  void makeCheckout(@TempDir Path folder) throws IOException {
    this.folder = folder;
    home = Files.createDirectories(folder.resolve("check out")); // a blank in the path
    Files.copy(LAUNCHER, home.resolve("holdfast"));
    runnable(home.resolve("holdfast"));
    write("pom.xml", "<project/>");
    write(".mvn/jvm.config", "");
    for (String module : List.of("core", "datasets", "testkit", "cli")) {
      write(module + "/pom.xml", "<project/>");
      write(module + "/src/main/java/A.java", "class A {}");
    }
    java("17.0.15");
    maven(
        "for arg; do case $arg in -Dholdfast.app=*) app=${arg#*=} ;; esac; done",
        "mkdir -p \"$app\" && : >\"$app/other.jar\" && : >\"$app/holdfast-cli.jar\"");
    environment.put("JAVA_HOME", folder.resolve("jdk").toString());
    environment.put("PATH", folder.resolve("bin") + ":" + System.getenv("PATH"));
  }

  @Test
  void buildsOnFirstUseOnlyAndPassesTheArguments() throws Exception {
    Result first = launch("harden", "a file.yaml");
    assertThat(first.exit()).isZero();
    assertThat(first.err()).contains("building (first use)").hasLineCount(1);
    assertThat(first.out())
        .contains("[io.holdfast.cli.Main][harden][a file.yaml]")
        .contains("holdfast-cli.jar:", "other.jar]")
        .contains("[-Dorg.bytedeco.javacpp.nopointergc=true]")
        .contains("mmap=1073741824 trim=1073741824");
    Result second = launch();
    assertThat(second.err()).isEmpty();
    assertThat(builds()).isEqualTo(1);
  }

  @Test
  void rebuildsWhenASourceChangesAppearsOrGoes() throws Exception {
    launch();
    write("core/src/main/java/A.java", "class A { int changed; }");
    assertThat(launch().err()).contains("building (the sources changed)");
    write("core/src/main/java/B.java", "class B {}");
    launch();
    assertThat(builds()).isEqualTo(3);
    Files.delete(home.resolve("core/src/main/java/B.java"));
    launch();
    assertThat(builds()).isEqualTo(4);
    write("core/src/test/java/ATest.java", "class ATest {}");
    launch();
    assertThat(builds()).as("a test is no reason to build").isEqualTo(4);
    try (var apps = Files.list(home.resolve(".holdfast"))) {
      assertThat(apps.filter(p -> p.getFileName().toString().startsWith("app."))).hasSize(1);
    }
  }

  @Test
  void buildArgumentsAreKeptUntilSetAnew() throws Exception {
    environment.put("HOLDFAST_MAVEN_ARGS", "-Pcuda -o");
    launch();
    environment.remove("HOLDFAST_MAVEN_ARGS");
    launch();
    assertThat(builds()).isEqualTo(1);
    write("pom.xml", "<project></project>");
    launch();
    assertThat(Files.readString(folder.resolve("maven.log")).lines())
        .allMatch(l -> l.endsWith("-Pcuda -o"));
    environment.put("HOLDFAST_MAVEN_ARGS", "");
    launch();
    assertThat(builds()).isEqualTo(3);
  }

  @Test
  void aFailedBuildSaysWhyAndLeavesNothingBehind() throws Exception {
    maven("echo '[ERROR] Holdfast needs a JDK'; echo '[ERROR] -> [Help 1]'; exit 1");
    Result result = launch("doctor");
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.err())
        .contains("the build failed:", "Holdfast needs a JDK", ".holdfast/build.log")
        .doesNotContain("Help 1");
    assertThat(home.resolve(".holdfast/lock")).doesNotExist();
    assertThat(home.resolve(".holdfast/current")).doesNotExist();
  }

  @Test
  void aLockLeftByAKilledBuildIsTakenOver() throws Exception {
    write(".holdfast/lock/pid", "999999999\n");
    assertThat(launch().exit()).isZero();
  }

  @Test
  void worksThroughALinkFromAnotherFolder() throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("hf"), Path.of("check out", "holdfast"));
    assertThat(launch(link, "doctor").out()).contains("[io.holdfast.cli.Main][doctor]");
  }

  @Test
  void optionsAndCacheReachTheJvmInThatOrder() throws Exception {
    environment.put("HOLDFAST_JAVA_OPTS", "-Xmx8g -Dx=1");
    environment.put("HOLDFAST_CACHE", "/tmp/a cache");
    assertThat(launch().out())
        .contains("[-Xmx8g][-Dx=1][io.holdfast.cli.Main]")
        .contains("[-Dorg.bytedeco.javacpp.cachedir=/tmp/a cache]");
  }

  @Test
  void anOldJavaIsRefusedInPlainWords() throws Exception {
    java("1.8.0_392");
    Result result = launch();
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err()).contains("Java 17 or newer is needed", "is Java 1.8.0_392");
    java("25.0.1");
    assertThat(launch().out()).contains("[--enable-native-access=ALL-UNNAMED]");
  }

  @Test
  void aWrongJavaHomeIsNamed() throws Exception {
    environment.put("JAVA_HOME", "/no/such/jdk");
    assertThat(launch().err()).contains("JAVA_HOME is /no/such/jdk");
  }

  @Test
  void theExitCodeIsTheJvms() throws Exception {
    write(folder.resolve("jdk/bin/java"), "#!/bin/sh\nexit 3\n");
    assertThat(launch().exit()).isEqualTo(3);
  }

  private void java(String version) throws IOException {
    write(folder.resolve("jdk/release"), "JAVA_VERSION=\"" + version + "\"\n");
    write(
        folder.resolve("jdk/bin/java"),
        """
        #!/bin/sh
        printf '[%s]' "$@"
        echo " mmap=$MALLOC_MMAP_THRESHOLD_ trim=$MALLOC_TRIM_THRESHOLD_"
        """);
    runnable(folder.resolve("jdk/bin/java"));
  }

  private void maven(String... lines) throws IOException {
    Path script = folder.resolve("bin/mvn");
    String note = "echo \"$*\" >>'" + folder.resolve("maven.log") + "'\n";
    write(script, "#!/bin/sh\n" + note + String.join("\n", lines) + "\n");
    runnable(script);
  }

  private long builds() throws IOException {
    return Files.readAllLines(folder.resolve("maven.log")).size();
  }

  private Result launch(String... args) throws Exception {
    return launch(home.resolve("holdfast"), args);
  }

  private Result launch(Path launcher, String... args) throws Exception {
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(List.of(args));
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder
        .environment()
        .keySet()
        .removeIf(k -> k.startsWith("HOLDFAST_") || k.startsWith("MALLOC_"));
    builder.environment().putAll(environment);
    Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).as("the launcher ends").isTrue();
    return new Result(
        process.exitValue(),
        Files.readString(out, StandardCharsets.UTF_8),
        Files.readString(err, StandardCharsets.UTF_8));
  }

  private void write(String name, String text) throws IOException {
    write(home.resolve(name), text);
  }

  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private static void runnable(Path file) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
