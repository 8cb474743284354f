package io.holdfast.attack;

import io.holdfast.attack.blackbox.Bandits;
import io.holdfast.attack.blackbox.GenAttack;
import io.holdfast.attack.blackbox.Nes;
import io.holdfast.attack.blackbox.OnePixel;
import io.holdfast.attack.blackbox.Pixle;
import io.holdfast.attack.blackbox.Simba;
import io.holdfast.attack.blackbox.SparseRs;
import io.holdfast.attack.blackbox.Spsa;
import io.holdfast.attack.blackbox.Square;
import io.holdfast.attack.blackbox.Zoo;
import io.holdfast.attack.blackbox.decision.Blend;
import io.holdfast.attack.blackbox.decision.Boundary;
import io.holdfast.attack.blackbox.decision.GeoDa;
import io.holdfast.attack.blackbox.decision.HopSkipJump;
import io.holdfast.attack.blackbox.decision.Pointwise;
import io.holdfast.attack.blackbox.decision.RayS;
import io.holdfast.attack.blackbox.decision.SignOpt;
import io.holdfast.attack.blackbox.decision.SurFree;
import io.holdfast.attack.corruption.WorstCorruption;
import io.holdfast.attack.ensemble.AutoAttack;
import io.holdfast.attack.ensemble.HoldfastSuite;
import io.holdfast.attack.gradient.Acg;
import io.holdfast.attack.gradient.Apgd;
import io.holdfast.attack.gradient.Composed;
import io.holdfast.attack.gradient.FeatureAdversary;
import io.holdfast.attack.gradient.Fgsm;
import io.holdfast.attack.gradient.FrankWolfe;
import io.holdfast.attack.gradient.Jitter;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.attack.gradient.RandomFgsm;
import io.holdfast.attack.gradient.SmoothField;
import io.holdfast.attack.gradient.Tpgd;
import io.holdfast.attack.minimal.Alma;
import io.holdfast.attack.minimal.BrendelBethge;
import io.holdfast.attack.minimal.Cw;
import io.holdfast.attack.minimal.Ddn;
import io.holdfast.attack.minimal.DeepFool;
import io.holdfast.attack.minimal.Ead;
import io.holdfast.attack.minimal.Fab;
import io.holdfast.attack.minimal.Fmn;
import io.holdfast.attack.minimal.Jsma;
import io.holdfast.attack.minimal.NewtonFool;
import io.holdfast.attack.minimal.Pdpgd;
import io.holdfast.attack.minimal.SigmaZero;
import io.holdfast.attack.minimal.SparseFool;
import io.holdfast.attack.spatial.RotationGrid;
import io.holdfast.attack.universal.AdversarialPatch;
import io.holdfast.attack.universal.Universal;
import io.holdfast.common.Call;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Nearest;
import io.holdfast.common.Problems;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The registry of attacks: one line each. */
public final class Attacks {
  private static final Map<String, AttackSpec<?>> SPECS = new LinkedHashMap<>();

  static {
    row(RandomNoise.UNIFORM);
    row(RandomNoise.GAUSSIAN);
    row(Fgsm.SPEC);
    row(RandomFgsm.SPEC);
    row(Pgd.SPEC);
    Composed.LINES.forEach(Attacks::row);
    row(Tpgd.SPEC);
    row(Jitter.SPEC);
    row(Acg.SPEC);
    row(FrankWolfe.SPEC);
    row(Apgd.CE);
    row(Apgd.DLR);
    row(Apgd.T);
    row(FeatureAdversary.SPEC);
    row(Square.SPEC);
    row(Nes.SPEC);
    row(Spsa.SPEC);
    row(Bandits.SPEC);
    row(Zoo.SPEC);
    row(Simba.SPEC);
    row(GenAttack.SPEC);
    row(OnePixel.SPEC);
    row(Pixle.SPEC);
    row(SparseRs.SPEC);
    row(Fab.ALL);
    row(Fab.TARGETED);
    row(DeepFool.SPEC);
    row(Ddn.SPEC);
    row(Fmn.SPEC);
    row(Cw.SPEC);
    row(Ead.SPEC);
    row(SigmaZero.SPEC);
    row(BrendelBethge.SPEC);
    row(Alma.SPEC);
    row(Pdpgd.SPEC);
    row(Jsma.SPEC);
    row(SparseFool.SPEC);
    row(NewtonFool.SPEC);
    row(RotationGrid.SPEC);
    row(SmoothField.STADV);
    row(SmoothField.RECOLORADV);
    row(Universal.SPEC);
    row(AdversarialPatch.ALL);
    row(AdversarialPatch.EACH);
    row(WorstCorruption.SPEC);
    row(AutoAttack.SPEC);
    row(HoldfastSuite.SPEC);
    row(Boundary.SPEC);
    row(HopSkipJump.SPEC);
    row(GeoDa.SPEC);
    row(SignOpt.SIGN);
    row(SignOpt.VALUE);
    row(RayS.SPEC);
    row(SurFree.SPEC);
    row(Pointwise.SPEC);
    row(Blend.UNIFORM);
    row(Blend.GAUSSIAN);
    row(Blend.SALT_AND_PEPPER);
    row(Blend.IMAGES);
  }

  private Attacks() {}

  private static void row(AttackSpec<?> spec) {
    SPECS.put(spec.name(), spec);
  }

  /** Every attack, in the order of the documentation. */
  public static List<AttackSpec<?>> describe() {
    return List.copyOf(SPECS.values());
  }

  /** The name in a key such as {@code pgd[steps=50]}. */
  public static String name(String key) {
    int bracket = key.indexOf('[');
    return (bracket < 0 ? key : key.substring(0, bracket)).strip();
  }

  /**
   * The {@linkplain Attack#family family} of an attack by its name or key, whatever the parameters;
   * the name itself where the registry has no such attack.
   */
  public static String family(String key) {
    AttackSpec<?> spec = SPECS.get(name(key));
    return spec == null ? name(key) : spec.usual().family();
  }

  /**
   * Reads {@code fgsm} or {@code pgd[steps=50,restarts=5]}.
   *
   * @throws InvalidInputException naming everything that is wrong, with the nearest known name
   */
  public static Attack parse(String text) {
    return read(Call.parse(text).toSettings());
  }

  /**
   * An attack with its line of the registry.
   *
   * @throws InvalidInputException if it has none
   */
  public static ListedAttack<?> listed(Attack attack) {
    if (attack instanceof ListedAttack<?> listed) {
      return listed;
    }
    throw new InvalidInputException(
        "attack " + attack.key(), "", "an attack of the registry", attack.getClass().getName());
  }

  /**
   * Reads {@code fgsm,pgd[steps=50,restarts=5]}.
   *
   * @throws InvalidInputException as {@link #parse}
   */
  public static List<Attack> parseList(String text) {
    return Call.splitList(text).stream().map(Attacks::parse).toList();
  }

  /** Reads a section such as {@code {name: pgd, steps: 50}}. */
  public static Attack read(Settings section) {
    Problems problems = new Problems("");
    SettingsReader reader = section.reader(problems);
    Attack attack = read(reader);
    reader.finish();
    problems.throwIfAny();
    return attack;
  }

  /**
   * Reads a section as {@link SettingsReader#textOrSection} gives it; problems go to the reader,
   * and a harmless attack comes back.
   */
  public static Attack read(SettingsReader section) {
    String name = section.text(Settings.NAME);
    AttackSpec<?> spec = SPECS.get(name);
    if (spec == null) {
      if (!name.isEmpty()) {
        section.reject(
            Settings.NAME,
            "an attack; 'holdfast attacks' lists them",
            '"' + name + '"',
            Nearest.hint(name, SPECS.keySet()));
      }
      section.allow(section.keys().toArray(String[]::new));
      return new RandomNoise(RandomNoise.Kind.UNIFORM, 1);
    }
    return spec.read(section);
  }
}
