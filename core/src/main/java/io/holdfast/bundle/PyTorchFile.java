package io.holdfast.bundle;

import io.holdfast.common.InvalidInputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.ZipFile;

/** Recognises what {@code torch.save} writes, which only Python can read, and running its code. */
final class PyTorchFile {
  /** Protocol 2 and the magic number with which files begin that were written before 1.6. */
  private static final byte[] OLD = {(byte) 0x80, 2, (byte) 0x8a, 10, 0x6c, (byte) 0xfc};

  private PyTorchFile() {}

  /**
   * Says what to do with such a file instead; passes over any other, and what cannot be read.
   *
   * @throws InvalidInputException if it is one
   */
  static void refuse(Path file) {
    if (Files.isRegularFile(file) && (isOld(file) || isZip(file))) {
      throw new InvalidInputException(
          file.toString(),
          "",
          "a bundle, or weights as safetensors",
          "a PyTorch file",
          "save its state_dict with safetensors.torch.save_file");
    }
  }

  private static boolean isOld(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return Arrays.equals(in.readNBytes(OLD.length), OLD);
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean isZip(Path file) {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      return zip.getEntry(BundleFiles.MANIFEST) == null
          && zip.stream().anyMatch(e -> e.getName().endsWith("/data.pkl"));
    } catch (IOException | IllegalArgumentException e) {
      return false;
    }
  }
}
