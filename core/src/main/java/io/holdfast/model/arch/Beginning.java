package io.holdfast.model.arch;

import io.holdfast.common.SettingsReader;
import io.holdfast.model.graph.Initialisation;

/**
 * How fresh weights are drawn, by the parameter {@code init} that every architecture takes. Weights
 * that are read from a file do not know it.
 */
enum Beginning {
  /** As the architecture has it. */
  OWN,
  PYTORCH,
  HE_FAN_IN,
  HE_FAN_OUT,
  TRANSFORMER,
  IBP;

  private static final String KEY = "init";

  /** Reads the parameter; problems go to the reader. */
  static Beginning read(SettingsReader settings) {
    return settings.choice(KEY, OWN);
  }

  /**
   * The initialisation meant.
   *
   * @param own the architecture's
   */
  Initialisation of(Initialisation own) {
    return switch (this) {
      case OWN -> own;
      case PYTORCH -> Initialisation.PYTORCH;
      case HE_FAN_IN -> Initialisation.HE_FAN_IN;
      case HE_FAN_OUT -> Initialisation.HE_FAN_OUT;
      case TRANSFORMER -> Initialisation.TRANSFORMER;
      case IBP -> Initialisation.IBP;
    };
  }
}
