package io.holdfast.tensor;

import io.holdfast.common.HoldfastException;
import io.holdfast.common.OutOfMemoryException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.global.torch;

/** The native engine as a whole: loading, version, cache. */
public final class Engine {
  private static volatile boolean loaded;

  private static final Pattern ASKED = Pattern.compile("allocate (\\d+) bytes");

  private Engine() {}

  /**
   * Loads the native libraries once; every later call costs nothing.
   *
   * @throws HoldfastException if they cannot be unpacked or loaded
   */
  public static void load() {
    if (!loaded) {
      start();
    }
  }

  private static synchronized void start() {
    if (loaded) {
      return;
    }
    NativeLibraries.extract();
    try {
      Loader.load(torch.class);
    } catch (UnsatisfiedLinkError e) {
      throw new HoldfastException(
          "the engine could not be loaded on "
              + Loader.getPlatform()
              + ": "
              + e.getMessage()
              + "; ./holdfast doctor says more",
          e);
    }
    openblas.blas_set_num_threads(1);
    pinThread();
    loaded = true;
  }

  /** LibTorch's version, such as {@code 2.10.0}. */
  public static String version() {
    Properties properties = new Properties();
    try (InputStream in =
        torch.class.getResourceAsStream("/META-INF/maven/org.bytedeco/pytorch/pom.properties")) {
      if (in != null) {
        properties.load(in);
      }
    } catch (IOException e) {
      return "unknown";
    }
    String version = properties.getProperty("version", "unknown");
    int dash = version.indexOf('-');
    return dash < 0 ? version : version.substring(0, dash);
  }

  /** The JavaCPP platform name, such as {@code linux-x86_64}. */
  public static String platform() {
    return Loader.getPlatform();
  }

  /** The folder into which native libraries are unpacked. */
  public static Path cacheFolder() {
    try {
      return Loader.getCacheDir().toPath();
    } catch (IOException e) {
      throw new HoldfastException("the engine's cache folder cannot be used: " + e.getMessage(), e);
    }
  }

  /**
   * Gives this thread one intra-op thread. A new thread reads the setting first, since LibTorch
   * otherwise overwrites it on the thread's first operation.
   */
  static void pinThread() {
    torch.get_num_threads();
    torch.set_num_threads(1);
    torch.set_autocast_cache_enabled(false);
  }

  /** Float32 is float32 there too, and the same work gives the same bits. */
  static void prepareCuda() {
    load();
    Context context = torch.globalContext();
    context.setAllowTF32CuDNN(false);
    context.setAllowTF32CuBLAS(false);
    context.setBenchmarkCuDNN(false);
    context.setDeterministicCuDNN(true);
  }

  /**
   * A failed allocation as a {@link HoldfastException} that says how much was asked for and what to
   * do; any other failure as it is.
   */
  public static RuntimeException explained(RuntimeException failure) {
    String text = plain(failure);
    boolean allocation =
        text.contains("not enough memory")
            || text.contains("can't allocate memory")
            || text.contains("bad_alloc");
    if (failure instanceof HoldfastException || !allocation) {
      return failure;
    }
    Matcher bytes = ASKED.matcher(text);
    String asked = bytes.find() ? " for " + Memory.size(Double.parseDouble(bytes.group(1))) : "";
    return new OutOfMemoryException(
        "out of memory: the system has no room" + asked + "; " + Memory.REMEDY, failure);
  }

  /** The first line of an engine's error message, without its C++ trace. */
  static String plain(Throwable e) {
    String message = String.valueOf(e.getMessage());
    int end = message.indexOf('\n');
    return end < 0 ? message : message.substring(0, end);
  }
}
