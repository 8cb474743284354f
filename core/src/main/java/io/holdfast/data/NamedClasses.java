package io.holdfast.data;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Nearest;
import io.holdfast.common.Problems;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Labelled samples in the numbering of a model. A folder of images numbers the classes that it has,
 * so the same name may have another number there than in the data that the model was trained on.
 */
public final class NamedClasses {
  private static final int SHOWN = 10;

  private NamedClasses() {}

  /**
   * The same samples with the model's labels, found by name; the data need not have every class.
   * Data whose classes are the numbers from 0 keep their labels, unless the model has all of these
   * names, in whatever order; and so do all data where the model's classes are plain numbers and
   * none of the names is one of them.
   *
   * @param known the model's names by label, each once
   * @param problems to which names are added that the model does not know
   * @return the data themselves where nothing changes, or something is wrong
   */
  public static Dataset matching(Dataset data, List<String> known, Problems problems) {
    List<String> names = data.info().classes();
    List<String> unknown = names.stream().filter(name -> !known.contains(name)).toList();
    boolean nameless = isNumbered(known) && unknown.size() == names.size();
    boolean numbers = isNumbered(names) && (isNumbered(known) || !unknown.isEmpty());
    if (numbers || nameless || names.equals(known)) {
      return data;
    }
    if (!unknown.isEmpty()) {
      String first = unknown.get(0);
      problems.add(
          "classes",
          "names of the model's classes: " + list(known),
          list(unknown),
          Nearest.hint(first, known));
      return data;
    }
    return new Renumbered(data, known, names.stream().mapToInt(known::indexOf).toArray());
  }

  /**
   * As {@link #matching(Dataset, List, Problems)}.
   *
   * @throws InvalidInputException if the data have a class that the model does not know
   */
  public static Dataset matching(Dataset data, List<String> known) {
    Problems problems = new Problems("data " + data.info().name());
    Dataset matched = matching(data, known, problems);
    problems.throwIfAny();
    return matched;
  }

  /**
   * Adds that a model's classes are others than the data's, or in another order. Where one of the
   * two has plain numbers for names nothing is known; how many there are is not looked at here.
   *
   * @param model its names by label
   * @param data names of the data's classes by label
   * @param field that names the model
   */
  public static void requireAlike(
      List<String> model, List<String> data, String field, Problems problems) {
    if (model.size() == data.size()
        && !model.equals(data)
        && !isNumbered(model)
        && !isNumbered(data)) {
      boolean same = data.containsAll(model);
      problems.add(
          field,
          "a model whose classes are those of the training samples, in their order: " + list(data),
          list(model),
          same ? "a folder of images numbers its classes by the alphabet" : null);
    }
  }

  private static boolean isNumbered(List<String> names) {
    return IntStream.range(0, names.size()).allMatch(k -> names.get(k).equals(Integer.toString(k)));
  }

  private static String list(List<String> names) {
    String some = String.join(", ", names.subList(0, Math.min(SHOWN, names.size())));
    return names.size() > SHOWN ? some + ", ... (" + names.size() + " in all)" : some;
  }

  /** A view with other labels; the content is the same and so is its hash. */
  private static final class Renumbered extends ForwardingDataset {
    private final DatasetInfo info;
    private final int[] labels; // [class of the data]

    Renumbered(Dataset source, List<String> known, int[] labels) {
      super(source);
      DatasetInfo of = source.info();
      this.info = new DatasetInfo(of.name(), of.shape(), known, of.licence());
      this.labels = labels;
    }

    @Override
    public DatasetInfo info() {
      return info;
    }

    @Override
    public int label(int index) {
      return labels[super.label(index)];
    }

    @Override
    public String toString() {
      return source().toString();
    }
  }
}
