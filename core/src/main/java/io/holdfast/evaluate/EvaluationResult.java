package io.holdfast.evaluate;

import io.holdfast.record.Attempt;
import io.holdfast.record.Example;
import io.holdfast.record.Scorecard;
import java.util.List;

/**
 * What an evaluation saw.
 *
 * @param card the aggregates
 * @param examples images before and after the attacks; empty where inputs are no images
 * @param rows the ledger, sorted; read from disk at each iteration where the ledger is on disk
 * @param soFar where time was over, samples that had fallen, but not finally: a search for a
 *     smaller change was under way. The card counts them, the ledger does not have them
 */
public record EvaluationResult(
    Scorecard card, List<Example> examples, Iterable<Attempt> rows, List<Attempt> soFar) {
  public EvaluationResult {
    examples = List.copyOf(examples);
    soFar = List.copyOf(soFar);
  }
}
