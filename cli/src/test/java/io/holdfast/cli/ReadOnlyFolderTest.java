package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Output folders on a file system that is mounted read-only: not even root writes there. */
@EnabledOnOs(OS.LINUX)
final class ReadOnlyFolderTest {
  private static Path folder;
  private static Path disk;
  private static Path file;

  @BeforeAll
  static void mount(@TempDir Path directory) throws Exception {
    folder = directory;
    disk = Files.createDirectory(folder.resolve("disk"));
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "ro,size=64k", "tmpfs", disk.toString()),
        "a file system of our own needs the rights of root");
    file = Ran.experiment(folder);
  }

  @AfterAll
  static void unmount() throws Exception {
    run("umount", "--lazy", disk.toString());
  }

  private static boolean run(String... command) throws Exception {
    try {
      return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor() == 0;
    } catch (IOException e) {
      return false; // no such program
    }
  }

  private static void assertRefused(Object... command) throws IOException {
    Ran ran = Ran.command(command);
    assertThat(ran.exit()).as(ran.err()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err())
        .contains(disk.toString(), "expected a writable place")
        .containsIgnoringCase("read-only");
    assertThat(Ran.contents(disk)).isEmpty();
  }

  @Test
  void everyCommandThatWritesSaysSoBeforeItBegins() throws IOException {
    for (Path out : List.of(disk, disk.resolve("below/it"))) {
      assertRefused("harden", file, "--out", out);
      assertRefused("harden", file, "--out", out, "--dry-run");
      assertRefused("quickstart", "--out", out);
    }
    Path model = folder.resolve("run/model.holdfast");
    Ran harden =
        Ran.command("harden", file, "--out", folder.resolve("run"), "--set", "train.epochs=1");
    assertThat(harden.exit()).as(harden.err()).isZero();
    Object data = folder.resolve("test.safetensors");
    for (String command : List.of("evaluate", "attack")) {
      assertRefused(
          command,
          "--model",
          model,
          "--data",
          data,
          "--attack",
          "fgsm",
          "--out",
          disk.resolve("x"));
    }
  }
}
