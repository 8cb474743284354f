package io.holdfast.threat;

import io.holdfast.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Everything that at least one member admits (Tramèr and Boneh 2019, section 2). Attacks run
 * against each member in turn.
 *
 * @param members at least two, none of them a union
 */
public record Union(List<PerturbationSet> members) implements PerturbationSet {
  public Union {
    members = List.copyOf(members);
    if (members.size() < 2 || members.stream().anyMatch(Union.class::isInstance)) {
      throw new IllegalArgumentException("a union has at least two members, none a union itself");
    }
  }

  @Override
  public String key() {
    return members.stream().map(PerturbationSet::key).collect(Collectors.joining("+"));
  }

  @Override
  public String describe() {
    return members.stream().map(PerturbationSet::describe).collect(Collectors.joining("; or "));
  }

  @Override
  public Map<String, Object> toMap() {
    return PerturbationSets.map(
        "union", "members", members.stream().map(PerturbationSet::toMap).toList());
  }

  /** The first member's. */
  @Override
  public double epsilon() {
    return members.get(0).epsilon();
  }

  @Override
  public Union scaled(double factor) {
    return new Union(members.stream().map(m -> m.scaled(factor)).toList());
  }

  @Override
  public Region around(Tensor clean, Domain domain) {
    throw new UnsupportedOperationException("a union has no single region; take its members");
  }

  @Override
  public boolean contains(
      double[] clean, double[] other, long[] shape, double[] variables, Domain domain) {
    return members.stream().anyMatch(m -> m.contains(clean, other, shape, variables, domain));
  }
}
