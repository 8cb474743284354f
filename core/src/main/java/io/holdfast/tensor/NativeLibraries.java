package io.holdfast.tensor;

import io.holdfast.common.AtomicFiles;
import io.holdfast.common.HoldfastException;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problem;
import java.io.IOException;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.bytedeco.javacpp.Loader;

/**
 * Extracts every native file of the engine into the cache before the first one is loaded, so that
 * the loader finds each library beside its dependents and never another LibTorch of the system.
 */
final class NativeLibraries {
  private static final String CACHE = "org.bytedeco.javacpp.cachedir";
  private static final String[] ARTIFACTS = {"javacpp", "openblas", "pytorch"};

  private NativeLibraries() {}

  static void extract() {
    requireCache();
    String platform = Loader.getPlatform();
    int found = 0;
    for (String artifact : ARTIFACTS) {
      String folder = "org/bytedeco/" + artifact + "/" + platform + "/";
      try {
        Enumeration<URL> places =
            NativeLibraries.class.getClassLoader().getResources("META-INF/MANIFEST.MF");
        while (places.hasMoreElements()) {
          found += extractFrom(places.nextElement(), artifact, platform, folder);
        }
      } catch (IOException e) {
        throw new HoldfastException(
            "the engine's native libraries could not be unpacked: "
                + e.getMessage()
                + "; is the cache folder writable and is there room on the disk?",
            e);
      }
    }
    if (found == 0) {
      throw new HoldfastException(
          "the engine has no native libraries for "
              + platform
              + " in this build; build with the Maven profile for this platform (see CONTRIBUTING.md)");
    }
  }

  /** A cache folder that was asked for; the loader would leave one aside that it cannot write. */
  private static void requireCache() {
    String asked = System.getProperty(CACHE, "");
    if (!asked.isEmpty()) {
      try {
        AtomicFiles.ensureWritableFolder(Path.of(asked));
      } catch (HoldfastException e) {
        throw new InvalidInputException(
            List.of(
                new Problem(
                    "HOLDFAST_CACHE",
                    "",
                    "a folder that can be made and written",
                    asked,
                    "choose another one")),
            e);
      }
    }
  }

  /** Whether this build holds an engine with CUDA; looked up without loading it. */
  static boolean haveCuda() {
    String file = "/org/bytedeco/pytorch/" + Loader.getPlatform() + "-gpu/";
    return Loader.class.getResource(file + System.mapLibraryName("jnitorch")) != null;
  }

  private static int extractFrom(URL manifest, String artifact, String platform, String folder)
      throws IOException {
    URLConnection connection = manifest.openConnection();
    if (!(connection instanceof JarURLConnection jarConnection)) {
      return 0;
    }
    String jarName = jarConnection.getJarFileURL().getPath();
    if (!jarName.contains(artifact) || !jarName.contains(platform)) {
      return 0;
    }
    int found = 0;
    try (JarFile jar =
        new JarFile(
            Path.of(java.net.URI.create(jarConnection.getJarFileURL().toString())).toFile())) {
      for (JarEntry entry : Collections.list(jar.entries())) {
        String name = entry.getName();
        if (name.startsWith(folder) && isLibrary(name)) {
          Loader.cacheResource(
              java.net.URI.create("jar:" + jarConnection.getJarFileURL() + "!/" + name).toURL());
          found++;
        }
      }
    }
    return found;
  }

  private static boolean isLibrary(String name) {
    return name.contains(".so") || name.endsWith(".dylib") || name.endsWith(".dll");
  }
}
