package io.holdfast.common;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 as lower-case hexadecimal, 64 characters. */
public final class Hashes {
  private Hashes() {}

  /** A fresh SHA-256 digest, for content that is hashed piece by piece; see {@link #hex}. */
  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Finishes a digest as lower-case hexadecimal. */
  public static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }

  public static String sha256Hex(byte[] content) {
    MessageDigest digest = sha256();
    digest.update(content);
    return hex(digest);
  }

  /** Of the text's UTF-8 bytes. */
  public static String sha256Hex(String text) {
    return sha256Hex(text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Of a file's content, read as a stream.
   *
   * @throws InvalidInputException if the file cannot be read
   */
  public static String sha256Hex(Path file) {
    return sha256Hex(file, Stopper.manual());
  }

  /**
   * As {@link #sha256Hex(Path)}; the stopper is asked between blocks.
   *
   * @throws InvalidInputException if the file cannot be read
   * @throws RunInterruptedException if a stop was requested
   */
  public static String sha256Hex(Path file, Stopper stopper) {
    try (InputStream in = Files.newInputStream(file)) {
      MessageDigest digest = sha256();
      byte[] buffer = new byte[1 << 16];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        stopper.check();
        digest.update(buffer, 0, n);
      }
      return hex(digest);
    } catch (IOException e) {
      throw FileFailures.reading(file, e);
    }
  }
}
