package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
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
  private static @Nullable OwnDisk mounted;
  private static Path disk;
  private static Path file;

  @BeforeAll
  static void mount(@TempDir Path directory) throws Exception {
    folder = directory;
    mounted = OwnDisk.mount(folder, "ro,size=64k");
    disk = mounted.path();
    file = Ran.experiment(folder);
  }

  @AfterAll
  static void unmount() throws Exception {
    if (mounted != null) {
      mounted.close();
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
