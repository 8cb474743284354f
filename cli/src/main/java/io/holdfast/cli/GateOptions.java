package io.holdfast.cli;

import io.holdfast.common.Problems;
import io.holdfast.record.Gate;
import io.holdfast.record.Scorecard;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a model must reach; exit code 3 where it does not. */
final class GateOptions {
  @Option(
      names = "--require",
      paramLabel = "FIGURE>=VALUE",
      description = {
        "Ends with exit code 3 where a figure of the scorecard is below a value, such as",
        "'robust_accuracy>=65%%'; 'robust_accuracy.lo>=60%%' takes the lower end of the 95%%",
        "interval. Also clean_accuracy and attacks.NAME.robust_accuracy. Repeatable."
      })
  private List<String> required = new ArrayList<>();

  /**
   * Reads them.
   *
   * @param attacks keys of the attacks that are run; null where they could not be read
   * @param problems to which all that is wrong is added
   */
  List<Gate> read(@Nullable Collection<String> attacks, Problems problems) {
    List<Gate> gates = new ArrayList<>();
    for (String text : required) {
      ModelOptions.collect(
          "--require",
          text,
          problems,
          () -> {
            Gate gate = Gate.parse(text);
            gates.add(attacks == null ? gate : gate.among(attacks));
          });
    }
    return gates;
  }

  /** The exit code, after each gate that is not met was told. */
  static int judge(List<Gate> gates, Scorecard card, PrintWriter notes) {
    return judge(gates, card, "", notes);
  }

  /**
   * As {@link #judge(List, Scorecard, PrintWriter)}, of one of several results.
   *
   * @param of which one it is, such as {@code seed 7: }
   */
  static int judge(List<Gate> gates, Scorecard card, String of, PrintWriter notes) {
    List<String> missed = gates.stream().flatMap(gate -> gate.missed(card).stream()).toList();
    missed.forEach(text -> notes.println(of + "a gate was not met: " + text));
    return missed.isEmpty() ? Exit.DONE : Exit.GATE_NOT_MET;
  }
}
