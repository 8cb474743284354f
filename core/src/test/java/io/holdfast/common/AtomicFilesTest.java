package io.holdfast.common;

import static io.holdfast.common.SettingsTest.failure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFilesTest {
  @SuppressWarnings("NullAway.Init") // JUnit sets it
  @TempDir
  Path folder;

  @Test
  void writesAndReplacesMakingParents() throws IOException {
    Path file = folder.resolve("a/b/x.txt");
    AtomicFiles.write(file, "old");
    AtomicFiles.write(file, "neu é");
    assertThat(Files.readString(file)).isEqualTo("neu é");
    assertThat(names(file.resolveSibling("."))).containsExactly("x.txt");
  }

  @Test
  void aFailedWriteLeavesTheOldContentAlone() throws IOException {
    Path file = folder.resolve("x.txt");
    AtomicFiles.write(file, "old");
    for (RuntimeException failure :
        List.of(
            new IllegalStateException("stop"), new UncheckedIOException(new IOException("stop")))) {
      assertThatThrownBy(
              () ->
                  AtomicFiles.write(
                      file,
                      out -> {
                        out.write(new byte[1 << 20]);
                        throw failure;
                      }))
          .hasMessageContaining("stop");
    }
    assertThat(Files.readString(file)).isEqualTo("old");
    assertThat(names(folder)).containsExactly("x.txt");
  }

  @Test
  void writersThatCloseTheirStreamAreServed() throws IOException {
    Path file = folder.resolve("x.zip");
    AtomicFiles.write(
        file,
        out -> {
          try (ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.putNextEntry(new ZipEntry("a"));
            zip.write(new byte[100_000]);
          }
        });
    assertThat(Files.size(file)).isPositive();
  }

  @Test
  void readersSeeWholeFilesWhileManyWrite() throws IOException {
    Path file = folder.resolve("x.txt");
    AtomicFiles.write(file, "0".repeat(10_000));
    boolean whole =
        IntStream.range(0, 60)
            .parallel()
            .allMatch(
                i -> {
                  try {
                    AtomicFiles.write(file, Integer.toString(i % 10).repeat(10_000));
                    String text = Files.readString(file);
                    return text.length() == 10_000 && text.chars().distinct().count() == 1;
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                });
    assertThat(whole).isTrue();
    assertThat(names(folder)).containsExactly("x.txt");
  }

  @Test
  void symbolicLinksKeepPointing() throws IOException {
    Path file = Files.writeString(folder.resolve("real.txt"), "old");
    Path link = Files.createSymbolicLink(folder.resolve("link.txt"), file);
    AtomicFiles.write(link, "new");
    assertThat(Files.isSymbolicLink(link)).isTrue();
    assertThat(Files.readString(file)).isEqualTo("new");
  }

  @Test
  void foldersAppearWholeOrNotAtAll() throws IOException {
    Path target = folder.resolve("out");
    AtomicFiles.writeFolder(
        target,
        d -> Files.writeString(Files.createDirectories(d.resolve("sub")).resolve("x"), "1"));
    assertThat(Files.readString(target.resolve("sub/x"))).isEqualTo("1");
    AtomicFiles.writeFolder(target, d -> Files.writeString(d.resolve("y"), "2"));
    assertThat(names(target)).containsExactly("y");
    assertThatThrownBy(
            () ->
                AtomicFiles.writeFolder(
                    target,
                    d -> {
                      Files.writeString(d.resolve("z"), "3");
                      throw new IOException("stop");
                    }))
        .isInstanceOf(HoldfastException.class)
        .hasMessage(target + ": writing failed: stop");
    assertThat(names(target)).containsExactly("y");
    assertThat(names(folder)).containsExactly("out");
  }

  @Test
  void leftoversOfKilledWritersAreRemoved() throws IOException {
    Files.writeString(folder.resolve(".model.holdfast.tmp-12ab"), "half");
    Files.createDirectories(folder.resolve(".dir.tmp-12ab/sub"));
    Files.writeString(folder.resolve("kept.tmp-1"), "mine");
    Files.createDirectories(folder.resolve(".notes-tmp-12"));
    Files.writeString(folder.resolve(".cache-old-2023"), "mine, too");
    Files.writeString(folder.resolve(".empty.tmp-"), "of nobody's number");
    AtomicFiles.removeLeftovers(folder);
    AtomicFiles.removeLeftovers(folder.resolve("absent"));
    assertThat(names(folder))
        .containsExactlyInAnyOrder("kept.tmp-1", ".notes-tmp-12", ".cache-old-2023", ".empty.tmp-");
  }

  @Test
  void theOnlyCopyOfAReplacedFolderComesBack() throws IOException {
    Files.writeString(Files.createDirectories(folder.resolve(".run.old-1")).resolve("x"), "older");
    Files.writeString(Files.createDirectories(folder.resolve(".run.old-2")).resolve("x"), "old");
    Files.setLastModifiedTime(folder.resolve(".run.old-1"), FileTime.fromMillis(1000));
    Files.setLastModifiedTime(folder.resolve(".run.old-2"), FileTime.fromMillis(2000));
    Files.createDirectories(folder.resolve(".run.tmp-3"));
    AtomicFiles.removeLeftovers(folder);
    assertThat(names(folder)).containsExactly("run");
    assertThat(Files.readString(folder.resolve("run/x"))).isEqualTo("old");
  }

  @Test
  void aReplacedFolderGoesOnceItsSuccessorStands() throws IOException {
    Files.createDirectories(folder.resolve("run"));
    Files.createDirectories(folder.resolve(".run.old-1/sub"));
    AtomicFiles.removeLeftovers(folder);
    assertThat(names(folder)).containsExactly("run");
    assertThat(names(folder.resolve("run"))).isEmpty();
  }

  @Test
  void whatIsInTheWayIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    assertThat(failure(() -> AtomicFiles.write(folder, "x")))
        .isEqualTo(folder + ": expected a file to write, found a folder");
    assertThat(failure(() -> AtomicFiles.writeFolder(file, d -> {})))
        .isEqualTo(file + ": expected a folder to write, found a file");
    assertThat(failure(() -> AtomicFiles.write(file.resolve("x"), "x")))
        .contains("found a file of that name");
    assertThat(failure(() -> AtomicFiles.ensureWritableFolder(file)))
        .isEqualTo(
            file
                + ": expected a folder to write into, found a file of that name (choose another"
                + " folder, or move the file away)");
    assertThat(failure(() -> AtomicFiles.ensureWritableFolder(file.resolve("below"))))
        .contains("found a file of that name");
    assertThat(Files.readString(file)).isEmpty();
  }

  @Test
  void readOnlyFoldersAreInvalidInput() {
    assumeThat(folder.toFile().setWritable(false) && !Files.isWritable(folder))
        .as("not root")
        .isTrue();
    assertThat(failure(() -> AtomicFiles.ensureWritableFolder(folder)))
        .isEqualTo(
            folder
                + ": expected a writable place, found permission denied (choose another folder)");
    assertThat(failure(() -> AtomicFiles.write(folder.resolve("x"), "x")))
        .contains("permission denied");
  }

  @Test
  void theSystemsWordsBecomeOurs() {
    Path file = Path.of("absent-folder/x");
    assertThat(FileFailures.writing(file, new IOException("No space left on device")))
        .isNotInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("absent-folder/x: the disk is full");
    assertThat(
            FileFailures.writing(file, new FileSystemException("x", null, "Read-only file system")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "absent-folder/x: expected a writable place, found Read-only file system (choose another folder)");
    assertThat(FileFailures.writing(file, new AccessDeniedException("x")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("permission denied");
    assertThat(FileFailures.writing(file, new NoSuchFileException("x")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("absent-folder does not exist");
    assertThat(FileFailures.writing(file, new IOException()))
        .isNotInstanceOf(InvalidInputException.class)
        .hasMessage("absent-folder/x: writing failed: IOException");
    assertThat(FileFailures.reading(file, new AccessDeniedException("x")))
        .hasMessage("absent-folder/x: expected a readable file, found permission denied");
    assertThat(FileFailures.reading(file, new IOException("Input/output error")))
        .hasMessageContaining("found Input/output error");
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }
}
