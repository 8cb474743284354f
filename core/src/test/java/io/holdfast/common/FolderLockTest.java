package io.holdfast.common;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderLockTest {
  private static final int CONTENDERS = 3;
  private static final int TURNS = 1500;

  private final Path file;

  FolderLockTest(@TempDir Path folder) {
    file = folder.resolve(".lock");
  }

  /** Takes the lock and deletes it again and again, and fails where it is not alone. */
  static final class Contender {
    public static void main(String... args) throws IOException {
      Path file = Path.of(args[0]);
      Path witness = file.resolveSibling("witness");
      int taken = 0;
      for (int turn = 0; turn < Integer.parseInt(args[1]); turn++) {
        FolderLock lock = FolderLock.take(file);
        if (lock != null) {
          Files.createFile(witness); // fails if another owner has it
          Files.delete(witness);
          lock.delete();
          taken++;
        }
      }
      System.out.print("taken " + taken);
    }
  }

  private Process contender(int turns) throws IOException {
    return new ProcessBuilder(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx32m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Contender.class.getName(),
                file.toString(),
                Integer.toString(turns)))
        .redirectErrorStream(true)
        .start();
  }

  private static String output(Process process) throws Exception {
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(text).isZero();
    return text;
  }

  @Test
  void ofManyProcessesThatTakeAndDeleteItOneHasItAtATime() throws Exception {
    List<Process> all = new ArrayList<>();
    for (int i = 0; i < CONTENDERS; i++) {
      all.add(contender(TURNS));
    }
    for (Process one : all) {
      assertThat(output(one)).matches("taken [1-9]\\d*");
    }
    assertThat(file).doesNotExist();
  }

  @Test
  void aSecondTryInTheSameProcessDoesNotLetOthersIn() throws Exception {
    try (FolderLock lock = Objects.requireNonNull(FolderLock.take(file))) {
      assertThat(FolderLock.take(file)).isNull();
      assertThat(output(contender(20))).isEqualTo("taken 0");
    }
    assertThat(output(contender(20))).isEqualTo("taken 20");
  }

  @Test
  void whoClosesTwiceDoesNotTakeItFromTheNext() {
    FolderLock first = Objects.requireNonNull(FolderLock.take(file));
    first.delete();
    assertThat(file).doesNotExist();
    try (FolderLock second = Objects.requireNonNull(FolderLock.take(file))) {
      first.close();
      first.delete();
      assertThat(file).exists();
      assertThat(FolderLock.take(file)).isNull();
    }
    assertThat(file).exists();
  }

  @Test
  void aFileThatSomeoneDeletedIsMadeAgain() throws IOException {
    try (FolderLock lock = Objects.requireNonNull(FolderLock.take(file))) {
      Files.delete(file);
    }
    try (FolderLock lock = Objects.requireNonNull(FolderLock.take(file))) {
      assertThat(file).exists();
    }
  }
}
