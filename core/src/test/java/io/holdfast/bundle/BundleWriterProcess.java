package io.holdfast.bundle;

import java.nio.file.Path;

/** A program that overwrites a zip and a folder with two bundles in turn until it is killed. */
final class BundleWriterProcess {
  private BundleWriterProcess() {}

  public static void main(String[] arguments) {
    Path folder = Path.of(arguments[0]);
    try (Bundle first = Samples.cnn(1);
        Bundle second = Samples.cnn(2)) {
      for (long i = 0; i < 100_000; i++) {
        Bundle bundle = i % 2 == 0 ? first : second;
        bundle.write(folder.resolve("model.holdfast"));
        bundle.write(folder.resolve("model"));
        System.out.println("written " + i);
      }
    }
  }
}
