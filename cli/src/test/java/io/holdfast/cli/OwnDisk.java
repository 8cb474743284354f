package io.holdfast.cli;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A small file system in memory.
 *
 * @param path where it is mounted
 */
record OwnDisk(Path path) implements AutoCloseable {
  /**
   * Mounts it as {@code disk} in a folder; where that needs rights that are missing, the test says
   * so and is skipped.
   *
   * @param options of {@code mount}, such as {@code size=64k}
   */
  static OwnDisk mount(Path folder, String options) throws Exception {
    Path path = Files.createDirectory(folder.resolve("disk"));
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", options, "tmpfs", path.toString()),
        "a file system of our own needs the rights of root");
    return new OwnDisk(path);
  }

  private static boolean run(String... command) throws Exception {
    try {
      return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor() == 0;
    } catch (IOException e) {
      return false; // no such program
    }
  }

  @Override
  public void close() throws Exception {
    run("umount", "--lazy", path.toString()); // what is mapped into memory keeps it busy
  }
}
