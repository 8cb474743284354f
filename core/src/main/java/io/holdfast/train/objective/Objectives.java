package io.holdfast.train.objective;

import io.holdfast.common.Nearest;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import io.holdfast.train.objective.adversarial.Alp;
import io.holdfast.train.objective.adversarial.Cat;
import io.holdfast.train.objective.adversarial.FastBat;
import io.holdfast.train.objective.adversarial.Gairat;
import io.holdfast.train.objective.adversarial.Iat;
import io.holdfast.train.objective.adversarial.Mail;
import io.holdfast.train.objective.adversarial.Margins;
import io.holdfast.train.objective.adversarial.Mart;
import io.holdfast.train.objective.adversarial.Mma;
import io.holdfast.train.objective.adversarial.Msd;
import io.holdfast.train.objective.adversarial.Score;
import io.holdfast.train.objective.adversarial.UnionAverage;
import io.holdfast.train.objective.adversarial.UnionSampling;
import io.holdfast.train.objective.certified.CrownIbp;
import io.holdfast.train.objective.certified.Gaussian;
import io.holdfast.train.objective.certified.Ibp;
import io.holdfast.train.objective.certified.Macer;
import io.holdfast.train.objective.certified.MtlIbp;
import io.holdfast.train.objective.certified.Sabr;
import io.holdfast.train.objective.certified.SmoothAdv;
import io.holdfast.train.objective.consistency.AugMixConsistency;
import io.holdfast.train.objective.consistency.Curvature;
import io.holdfast.train.objective.consistency.FeaturePairing;
import io.holdfast.train.objective.consistency.InputGradient;
import io.holdfast.train.objective.consistency.Jacobian;
import io.holdfast.train.objective.consistency.Vat;
import io.holdfast.train.objective.distil.Ard;
import io.holdfast.train.objective.distil.DefensiveDistillation;
import io.holdfast.train.objective.distil.Hat;
import io.holdfast.train.objective.distil.Iad;
import io.holdfast.train.objective.distil.KdAt;
import io.holdfast.train.objective.distil.Lbgat;
import io.holdfast.train.objective.distil.Rslad;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The registry of objectives: one line each. */
public final class Objectives {
  private static final Map<String, ObjectiveSpec<?>> SPECS = new LinkedHashMap<>();

  static {
    row(Standard.SPEC);
    row(PgdAt.SPEC);
    row(Trades.SPEC);
    row(Mart.SPEC);
    row(Alp.SPEC);
    row(Score.SPEC);
    row(Mail.SPEC);
    row(Gairat.SPEC);
    row(Mma.SPEC);
    row(Cat.SPEC);
    row(Iat.SPEC);
    row(FastBat.SPEC);
    row(Margins.HINGE);
    row(Margins.CW);
    row(Margins.CROSS_ENTROPY);
    row(Hat.SPEC);
    row(Lbgat.SPEC);
    row(DefensiveDistillation.SPEC);
    row(Ard.SPEC);
    row(Rslad.SPEC);
    row(Iad.SPEC);
    row(KdAt.SPEC);
    row(AugMixConsistency.SPEC);
    row(FeaturePairing.SPEC);
    row(Vat.SPEC);
    row(Jacobian.SPEC);
    row(Curvature.SPEC);
    row(InputGradient.SPEC);
    row(UnionAverage.SPEC);
    row(Msd.SPEC);
    row(UnionSampling.SPEC);
    row(Gaussian.SPEC);
    row(SmoothAdv.SPEC);
    row(Macer.SPEC);
    row(Ibp.SPEC);
    row(Sabr.SPEC);
    row(MtlIbp.SPEC);
    row(CrownIbp.SPEC);
    row(Hybrid.SPEC);
  }

  private Objectives() {}

  private static void row(ObjectiveSpec<?> spec) {
    SPECS.put(spec.name(), spec);
  }

  /** Every objective, in the order of the documentation. */
  public static List<ObjectiveSpec<?>> describe() {
    return List.copyOf(SPECS.values());
  }

  public static List<String> names() {
    return List.copyOf(SPECS.keySet());
  }

  /** Reads {@code pgd-at} or {@code {name: trades, beta: 6}}. */
  public static Objective read(SettingsReader reader, String key, String fallback) {
    SettingsReader section = reader.textOrSection(key, fallback);
    return section.has(Settings.NAME) ? read(section) : usual(fallback).read(section);
  }

  /**
   * Reads a section as {@link SettingsReader#textOrSection} gives it; problems go to the reader,
   * and a harmless objective comes back.
   */
  static ListedObjective<?> read(SettingsReader section) {
    String name = section.text(Settings.NAME);
    ObjectiveSpec<?> spec = SPECS.get(name);
    if (spec == null) {
      if (!name.isEmpty()) {
        section.reject(
            Settings.NAME,
            "an objective; 'holdfast objectives' lists them",
            '"' + name + '"',
            Nearest.hint(name, SPECS.keySet()));
      }
      section.allow(section.keys().toArray(String[]::new));
      return new Standard();
    }
    return spec.read(section);
  }

  private static ObjectiveSpec<?> usual(String name) {
    ObjectiveSpec<?> spec = SPECS.get(name);
    if (spec == null) {
      throw new IllegalArgumentException("no objective is named " + name);
    }
    return spec;
  }
}
