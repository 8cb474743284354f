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
 * @param rows the ledger, sorted; read from disk at each iteration where the ledger is on disk.
 *     Where time was over, samples that had fallen, but not finally, are counted in the card alone
 */
public record EvaluationResult(Scorecard card, List<Example> examples, Iterable<Attempt> rows) {
  public EvaluationResult {
    examples = List.copyOf(examples);
  }
}
