package io.holdfast.experiment;

import io.holdfast.bundle.Bundle;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Provenance;
import io.holdfast.common.Seed;
import io.holdfast.common.Settings;
import io.holdfast.data.Dataset;
import io.holdfast.model.arch.Architecture;
import io.holdfast.model.arch.Blueprint;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.Shape;
import io.holdfast.tensor.Engine;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.train.Fit;
import io.holdfast.train.QueriedSurrogate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Trains a surrogate from what a model answers, of which nothing else is used, and makes a bundle
 * of it; equal settings give equal weights.
 *
 * @param architecture of the surrogate, any that takes the inputs
 * @param plan how the model is asked, and how the surrogate is fitted
 * @param seed of everything
 */
public record SurrogateTraining(Blueprint architecture, QueriedSurrogate plan, Seed seed) {
  /**
   * What came out.
   *
   * @param surrogate the caller's to close
   * @param result how it went
   */
  public record Trained(Bundle surrogate, QueriedSurrogate.Result result) {}

  /**
   * Trains.
   *
   * @param blackBox the model that is asked
   * @param inputs the attacker's own; their labels are not looked at
   * @throws InvalidInputException if the architecture does not take the inputs, or the model does
   *     not
   */
  public Trained of(Bundle blackBox, Dataset inputs) {
    Shape shape = Shape.of(blackBox.classifier().inputShape());
    requireShape(inputs, shape);
    Architecture built = architecture.build(shape, blackBox.classifier().classes());
    Network network = built.initialise(seed.split("weights")).to(blackBox.network().device());
    try (Scope scope = Scope.open()) {
      Tensor own = // [N, ...]
          inputs.batch(IntStream.range(0, inputs.size()).toArray()).inputs().dense();
      QueriedSurrogate.Result result =
          plan.train(
              network, blackBox.classifier(), own, blackBox.domain(), seed.split("surrogate"));
      Bundle surrogate =
          Bundle.of(network)
              .architecture(built.name())
              .domain(blackBox.domain())
              .classNames(blackBox.classNames())
              .scale(blackBox.form().scale())
              .provenance(provenance(blackBox, inputs, result))
              .build();
      return new Trained(surrogate, result);
    } catch (RuntimeException e) {
      network.close();
      throw e;
    }
  }

  private static void requireShape(Dataset inputs, Shape shape) {
    Shape found = Shape.of(inputs.info().shapeArray());
    if (!found.equals(shape)) {
      throw new InvalidInputException(
          "data " + inputs.info().name(),
          "",
          "inputs " + shape + " of the model",
          found.toString());
    }
  }

  private Provenance provenance(Bundle blackBox, Dataset inputs, QueriedSurrogate.Result result) {
    Map<String, Object> told = new LinkedHashMap<>();
    told.put("model", blackBox.network().hash());
    told.put("answers", plan.answers().name().toLowerCase(Locale.ROOT));
    told.put("inputs", inputs.size());
    told.put("rounds", plan.rounds());
    told.put("reach", plan.reach());
    Fit fit = plan.fit();
    told.put("fit", List.of(fit.steps(), fit.batch(), fit.learningRate()));
    told.put("queries", result.queries());
    told.put("agreement", result.agreement());
    return Provenance.of(
        Engine.version(),
        seed,
        Map.of("surrogate", inputs.contentHash()),
        Settings.of(Map.of("surrogate", told)));
  }
}
