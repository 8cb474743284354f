package io.holdfast.bundle;

import io.holdfast.common.FileFailures;
import io.holdfast.common.Hashes;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Provenance;
import io.holdfast.common.Seed;
import io.holdfast.common.Settings;
import io.holdfast.data.SampleForm;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.arch.Blueprint;
import io.holdfast.model.arch.NameMap;
import io.holdfast.model.arch.WeightsFile;
import io.holdfast.model.graph.Shape;
import io.holdfast.tensor.Engine;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Opens models as the command line names them. */
public final class Models {
  private Models() {}

  /** Opens a bundle. */
  public static Bundle open(String model) {
    return open(model, null, null, null);
  }

  /**
   * Opens a bundle, or a safetensors file of weights for an architecture, which becomes a bundle
   * without a threat model.
   *
   * @param model path of a bundle or of weights
   * @param architecture such as {@code preact-resnet-18,width=16}; given with weights and only then
   * @param names the weights' names in the file; null for those built in
   * @param input shape of the samples that the weights are for, where it is known: many weights
   *     serve images of any size; else what the weights show or the architecture was made for
   * @throws InvalidInputException if either is missing, does not fit the other, or is damaged
   */
  public static Bundle open(
      String model, @Nullable String architecture, @Nullable NameMap names, @Nullable Shape input) {
    Path path = path(model);
    PyTorchFile.refuse(path);
    boolean bundle = isBundle(path);
    if (bundle && (architecture != null || names != null)) {
      throw new InvalidInputException(
          model,
          "",
          "weights for " + (architecture == null ? "a name map" : architecture),
          "a bundle",
          "a bundle brings its own architecture; leave the option out");
    }
    if (bundle) {
      return Bundle.read(path);
    }
    if (architecture == null) {
      throw new InvalidInputException(
          model,
          "",
          "a bundle",
          "another file",
          "weights need an architecture: " + String.join(", ", Architectures.names()));
    }
    return weights(path, Architectures.parse(architecture), names, input);
  }

  /**
   * What the samples are like that a bundle's model was trained on; empty of what is no bundle, or
   * cannot be read, which is for those to tell who open it.
   */
  public static Optional<SampleForm> form(String model) {
    try {
      Path path = path(model);
      return isBundle(path) ? Optional.of(BundleReader.manifest(path).form()) : Optional.empty();
    } catch (InvalidInputException e) {
      return Optional.empty();
    }
  }

  private static Bundle weights(
      Path file, Blueprint blueprint, @Nullable NameMap names, @Nullable Shape input) {
    WeightsFile.Loaded loaded = WeightsFile.open(file).load(blueprint, names, input);
    Settings configuration =
        Settings.of(Map.of("weights", Map.of("sha256", Hashes.sha256Hex(file))));
    try {
      return Bundle.of(loaded.network())
          .architecture(loaded.architecture().name())
          .provenance(Provenance.of(Engine.version(), new Seed(0), Map.of(), configuration))
          .build();
    } catch (RuntimeException e) {
      loaded.network().close();
      throw e;
    }
  }

  private static Path path(String model) {
    try {
      return Path.of(model);
    } catch (InvalidPathException e) {
      throw new InvalidInputException(model, "", "a path", e.getReason());
    }
  }

  /** A folder, a name that ends so, or a zip under another name. */
  private static boolean isBundle(Path path) {
    if (Files.isDirectory(path) || BundleFiles.isZipName(path)) {
      return true;
    }
    try (InputStream in = Files.newInputStream(path)) {
      byte[] first = in.readNBytes(2);
      return first.length == 2 && first[0] == 'P' && first[1] == 'K';
    } catch (IOException e) {
      throw FileFailures.reading(path, e);
    }
  }
}
