package io.holdfast.attack.library;

import io.holdfast.attack.Finite;
import io.holdfast.attack.Logits;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Stopper;
import io.holdfast.model.Classifier;
import io.holdfast.tensor.NoGrad;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;

/**
 * Asks a model about clean inputs and examples, in float32. Each answer is of its input alone: the
 * others beside it change no bit of it.
 *
 * @param model that is asked
 * @param workers that share the work
 * @param progress told how many more examples are done
 * @param stopper looked at between shards
 */
public record Answers(Classifier model, Workers workers, LongConsumer progress, Stopper stopper) {
  private static final int SHARD = 32;

  /** Without a sound. */
  public Answers(Classifier model, Workers workers) {
    this(model, workers, n -> {}, Stopper.manual());
  }

  /**
   * What the model answers.
   *
   * @param clean class of the clean input
   * @param adversarial class of the example
   * @param confidence softmax probability of that class
   */
  record Answer(int clean, int adversarial, float confidence) {}

  /**
   * The answers in the order of the entries.
   *
   * @throws InvalidInputException if inputs or labels are not what the model takes
   */
  List<Answer> on(ExampleLibrary library, List<Entry> entries) {
    requireFit(library, entries);
    int shards = (entries.size() + SHARD - 1) / SHARD;
    List<List<Answer>> parts =
        workers.map(
            shards,
            s -> {
              stopper.check();
              List<Entry> some =
                  entries.subList(s * SHARD, Math.min(entries.size(), (s + 1) * SHARD));
              List<Answer> answers = new ArrayList<>();
              some.forEach(e -> answers.add(answer(e, library.content(e))));
              progress.accept(some.size());
              return answers;
            });
    return parts.stream().flatMap(List::stream).toList();
  }

  private void requireFit(ExampleLibrary library, List<Entry> entries) {
    List<Integer> wanted = Arrays.stream(model.inputShape()).mapToObj(Math::toIntExact).toList();
    for (Entry entry : entries) {
      if (!entry.shape().equals(wanted)) {
        throw new InvalidInputException(
            library.folder().toString(),
            entry.id(),
            "inputs of shape " + wanted + ", what the model takes",
            entry.shape().toString());
      }
      if (entry.label() >= model.classes()) {
        throw new InvalidInputException(
            library.folder().toString(),
            entry.id(),
            "labels from 0 to " + (model.classes() - 1) + ", those of the model",
            Integer.toString(entry.label()));
      }
    }
  }

  private Answer answer(Entry entry, Content content) {
    float[] clean = logits(entry, content.clean());
    float[] adversarial = logits(entry, content.adversarial());
    int best = Logits.best(adversarial);
    return new Answer(Logits.best(clean), best, Logits.probability(adversarial, best));
  }

  private float[] logits(Entry entry, float[] input) {
    long[] shape =
        LongStream.concat(LongStream.of(1), entry.shape().stream().mapToLong(n -> n)).toArray();
    try (NoGrad off = NoGrad.on()) {
      Tensor logits = model.logits(Tensors.of(input, shape).to(model.device())); // [1, K]
      Finite.require(logits, "logit", new long[] {entry.source().sampleId()}, "library");
      return Logits.rows(logits)[0];
    }
  }
}
