package io.holdfast.threat;

import io.holdfast.tensor.Tensor;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Several sets at once, each on its own columns (components of the flattened input); columns of no
 * part are immutable. All parts must hold.
 *
 * @param parts at least one, disjoint; their sets' variables are the inputs themselves
 */
public record Product(List<Part> parts) implements PerturbationSet {
  /** The name in files. */
  public static final String NAME = "product";

  /**
   * A set on some columns.
   *
   * @param from first column, from 0
   * @param to behind the last column
   */
  public record Part(int from, int to, PerturbationSet set) {
    public Part {
      if (from < 0 || to <= from) {
        throw new IllegalArgumentException("columns [" + from + ", " + to + ") are none");
      }
      if (!(set instanceof Additive || set instanceof Discrete)) {
        throw new IllegalArgumentException("a part is additive or discrete");
      }
    }
  }

  public Product {
    parts = List.copyOf(parts);
    if (parts.isEmpty()) {
      throw new IllegalArgumentException("a product has at least one part");
    }
    List<Part> ordered = parts.stream().sorted(Comparator.comparingInt(Part::from)).toList();
    for (int i = 1; i < ordered.size(); i++) {
      if (ordered.get(i).from() < ordered.get(i - 1).to()) {
        throw new IllegalArgumentException("parts share columns");
      }
    }
  }

  @Override
  public String key() {
    return parts.stream()
        .map(p -> p.from() + "-" + (p.to() - 1) + "/" + p.set().key())
        .collect(Collectors.joining("&"));
  }

  @Override
  public String describe() {
    return parts.stream()
        .map(p -> "in columns " + p.from() + " to " + (p.to() - 1) + ", " + p.set().describe())
        .collect(Collectors.joining("; and "));
  }

  @Override
  public Map<String, Object> toMap() {
    return PerturbationSets.map(NAME, "parts", parts.stream().map(Product::toMap).toList());
  }

  private static Map<String, Object> toMap(Part part) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("columns", List.of(part.from(), part.to()));
    map.putAll(part.set().toMap());
    return map;
  }

  /** The first part's. */
  @Override
  public double epsilon() {
    return parts.get(0).set().epsilon();
  }

  @Override
  public Product scaled(double factor) {
    return new Product(
        parts.stream().map(p -> new Part(p.from(), p.to(), p.set().scaled(factor))).toList());
  }

  @Override
  public Region around(Tensor clean, Domain domain) {
    return new ProductRegion(this, clean, domain);
  }

  @Override
  public boolean contains(
      double[] clean, double[] other, long[] shape, double[] variables, Domain domain) {
    if (clean.length != other.length) {
      return false;
    }
    double[] rest = other.clone();
    for (Part part : parts) {
      double[] before = Arrays.copyOfRange(clean, part.from(), part.to());
      double[] after = Arrays.copyOfRange(other, part.from(), part.to());
      if (!part.set().contains(before, after, new long[] {before.length}, after, domain)) {
        return false;
      }
      System.arraycopy(clean, part.from(), rest, part.from(), before.length);
    }
    return Arrays.equals(rest, clean);
  }
}
