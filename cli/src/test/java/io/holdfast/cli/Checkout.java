package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A checkout with the real launcher, sources as small as can be, and a stand-in for Maven.
 *
 * @param folder holds the checkout and what stands around it
 * @param home the checkout; there is a blank in its path
 * @param environment set for each launch
 */
record Checkout(Path folder, Path home, Map<String, String> environment) {
  private static final Path LAUNCHER = Path.of("..", "holdfast").toAbsolutePath().normalize();

  /** What a process left. */
  record Ended(int exit, String out, String err) {}

  /** Makes one, with the JDK that {@code jdk} in the same folder stands for. */
  static Checkout in(Path folder) throws IOException {
    Path home = Files.createDirectories(folder.resolve("check out"));
    Checkout checkout = new Checkout(folder, home, new HashMap<>());
    Files.copy(LAUNCHER, home.resolve("holdfast"));
    runnable(home.resolve("holdfast"));
    checkout.write("pom.xml", "<project/>");
    checkout.write(".mvn/jvm.config", "");
    checkout.write(".gitignore", ".holdfast/");
    for (String module : List.of("core", "datasets", "testkit", "cli")) {
      checkout.write(module + "/pom.xml", "<project/>");
      checkout.write(module + "/src/main/java/A.java", "class A {}");
    }
    checkout.environment.put("JAVA_HOME", folder.resolve("jdk").toString());
    checkout.environment.put("PATH", folder.resolve("bin") + ":" + System.getenv("PATH"));
    return checkout;
  }

  /** A stand-in for Maven: notes its arguments, makes the folder {@code $app}, runs the line. */
  void maven(String line) throws IOException {
    script(
        folder.resolve("bin/mvn"),
        "echo \"$*\" >>'" + folder.resolve("maven.log") + "'",
        "for arg; do case $arg in -Dholdfast.app=*) app=${arg#*=} ;; esac; done",
        "mkdir -p \"$app\"",
        line);
  }

  /** How often Maven was called. */
  long builds() throws IOException {
    return Files.readAllLines(folder.resolve("maven.log")).size();
  }

  /** Runs the launcher to its end, in the folder beside the checkout. */
  Ended launch(String... args) throws Exception {
    return launch(home.resolve("holdfast"), args);
  }

  /** Runs a program to its end as the launcher would be. */
  Ended launch(Path program, String... args) throws Exception {
    Process process = start(folder, program, args);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("the launcher ends").isTrue();
    return ended(process);
  }

  /** Starts a program in a folder; its streams go to files. */
  Process start(Path directory, Path program, String... args) throws IOException {
    List<String> command = new ArrayList<>(RealProcess.interruptible());
    command.add(program.toString());
    command.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    builder
        .environment()
        .keySet()
        .removeIf(k -> k.startsWith("HOLDFAST_") || k.startsWith("MALLOC_") || k.equals("COLUMNS"));
    builder.environment().putAll(environment);
    return builder
        .redirectOutput(folder.resolve("out").toFile())
        .redirectError(folder.resolve("err").toFile())
        .start();
  }

  /** What the process that was started last left; it has ended. */
  Ended ended(Process process) throws IOException {
    return new Ended(
        process.exitValue(),
        Files.readString(folder.resolve("out"), StandardCharsets.UTF_8),
        Files.readString(folder.resolve("err"), StandardCharsets.UTF_8));
  }

  /** Runs git in the checkout, under a name of its own, and gives what it prints. */
  String git(String... args) throws Exception {
    List<String> command =
        new ArrayList<>(List.of("git", "-c", "user.name=a", "-c", "user.email=a@b"));
    command.addAll(Arrays.asList(args));
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(home.toFile()).redirectErrorStream(true);
    builder.environment().keySet().removeIf(k -> k.startsWith("GIT_"));
    Process process = builder.start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(printed).isZero();
    return printed.strip();
  }

  /** Writes a file of the checkout. */
  void write(String name, String text) throws IOException {
    Path file = home.resolve(name).normalize();
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  /** Writes a program. */
  void script(Path file, String... lines) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/sh\n" + String.join("\n", lines) + "\n");
    runnable(file);
  }

  private static void runnable(Path file) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
