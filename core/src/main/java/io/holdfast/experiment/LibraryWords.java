package io.holdfast.experiment;

import io.holdfast.attack.library.ExampleLibrary;
import io.holdfast.attack.library.LeftOut;
import io.holdfast.attack.library.RankedExamples;
import io.holdfast.common.Format;
import io.holdfast.train.LibraryFeed;
import java.util.ArrayList;
import java.util.List;

/** Says in words what of a library training uses, and what it leaves out. */
final class LibraryWords {
  private static final int SHOWN = 10;

  private LibraryWords() {}

  /** A line on what is used, and one for each thing that is not, the first ones. */
  static List<String> of(LibraryFeed feed) {
    ExampleLibrary library = feed.examples().library();
    List<String> lines = new ArrayList<>(List.of(used(feed)));
    List<LeftOut> left = library.leftOut();
    left.stream().limit(SHOWN).map(LeftOut::message).forEach(lines::add);
    if (left.size() > SHOWN) {
      lines.add(
          "and "
              + Format.count(left.size() - SHOWN)
              + " more; 'holdfast library verify "
              + library.folder()
              + "' names them all");
    }
    List<LeftOut> unfit = feed.examples().unfit();
    unfit.stream().limit(SHOWN).map(LeftOut::message).forEach(lines::add);
    if (unfit.size() > SHOWN) {
      lines.add(
          "and " + Format.count(unfit.size() - SHOWN) + " more of another consent or licence");
    }
    return lines;
  }

  /** One line. */
  static String used(LibraryFeed feed) {
    RankedExamples examples = feed.examples();
    String outside =
        examples.outside() == 0
            ? ""
            : ", " + Format.count(examples.outside()) + " outside the threat model are not used";
    String unfit =
        examples.unfit().isEmpty()
            ? ""
            : ", "
                + Format.count(examples.unfit().size())
                + " of another consent or licence are not used";
    return "library "
        + examples.library().folder()
        + ": "
        + Format.count(examples.size())
        + " saved examples of "
        + String.join(", ", examples.attacks())
        + outside
        + unfit;
  }
}
