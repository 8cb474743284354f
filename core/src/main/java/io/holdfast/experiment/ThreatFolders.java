package io.holdfast.experiment;

import io.holdfast.common.Problem;
import io.holdfast.threat.Domain;
import io.holdfast.threat.ThreatModel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Threat models on images side by side, each with a folder of its own. */
final class ThreatFolders {
  private ThreatFolders() {}

  /** The name of a threat model's folders. */
  static String of(ThreatModel threat) {
    return threat.name().replaceAll("[^A-Za-z0-9._+-]+", "-");
  }

  /**
   * Why a threat model cannot be among others.
   *
   * @param at its place, from 0
   * @param field of it; empty for all of it
   */
  record Fault(int at, String field, String expected, String found, @Nullable String hint) {
    /** The same at a place in a file or on a command line. */
    Problem in(String source, String key) {
      String path = field.isEmpty() ? key : key + ": " + field;
      return new Problem(source, path, expected, found, hint);
    }
  }

  /** What is wrong with each; empty where they can be tried side by side. */
  static List<Fault> faults(List<ThreatModel> threats) {
    List<Fault> faults = new ArrayList<>();
    Set<String> folders = new HashSet<>();
    for (int i = 0; i < threats.size(); i++) {
      ThreatModel threat = threats.get(i);
      if (!threat.domain().equals(Domain.UNIT)) {
        String found = threat.domain().toString();
        faults.add(new Fault(i, "domain", Domain.OF_PIXELS, found, Domain.OF_BYTES));
      }
      if (of(threat).startsWith(".")) {
        String expected = "threat models whose names begin with no dot";
        faults.add(new Fault(i, "", expected, threat.name(), null));
      } else if (!folders.add(of(threat))) {
        String expected = "threat models with names of their own";
        faults.add(new Fault(i, "", expected, threat.name() + " twice", null));
      }
    }
    return faults;
  }
}
