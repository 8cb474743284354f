package io.holdfast.cli;

import io.holdfast.bundle.Bundle;
import io.holdfast.bundle.Models;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.data.DataSource;
import io.holdfast.data.Dataset;
import io.holdfast.data.image.LabelUse;
import io.holdfast.model.arch.NameMap;
import io.holdfast.model.graph.Shape;
import io.holdfast.tensor.Device;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which model. */
final class ModelOption {
  @Option(
      names = "--model",
      paramLabel = "M",
      description = "A bundle, or a weights file (.safetensors) with --architecture.")
  String model = "";

  @Option(
      names = "--architecture",
      paramLabel = "NAME[,KEY=VALUE]...",
      description = "The network of a weights file, such as preact-resnet-18,width=16.")
  @Nullable String architecture;

  @Option(
      names = "--name-map",
      paramLabel = "FILE",
      description = "From our names of weights to those in the weights file.")
  @Nullable Path nameMap;

  @Option(
      names = "--device",
      paramLabel = "D",
      description = "What computes: auto, cpu or cuda:N (default: ${DEFAULT-VALUE}).")
  String device = "auto";

  /**
   * Opens samples for it. Where their file does not tell shape or scale they are read as those that
   * the model was trained on.
   *
   * @param data as {@link DataSource#parse} takes it
   * @throws InvalidInputException if there is no such data, or it is damaged
   */
  Dataset samples(String data) {
    return DataSource.parse(data).open(LabelUse.TASK, Models.form(model).orElse(null));
  }

  /**
   * Opens it; null where none was named or something is wrong, which was added.
   *
   * @param input shape of the samples, for weights that serve several; null where it is not known
   */
  @Nullable Bundle open(Problems problems, @Nullable Shape input) {
    Bundle[] bundle = new Bundle[1];
    Device[] computes = {Device.CPU};
    problems.collect(() -> computes[0] = Device.parse(device));
    if (!model.isEmpty()) {
      problems.collect(
          () ->
              bundle[0] =
                  Models.open(
                      model, architecture, nameMap == null ? null : NameMap.read(nameMap), input));
    }
    Bundle opened = bundle[0];
    if (opened != null) {
      opened.network().to(computes[0]);
    }
    return opened;
  }
}
