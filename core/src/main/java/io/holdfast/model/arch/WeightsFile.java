package io.holdfast.model.arch;

import io.holdfast.common.Call;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Nearest;
import io.holdfast.common.Problems;
import io.holdfast.model.graph.Graph.Parameter;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.Shape;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.SafetensorsHeader.Entry;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Weights from a safetensors file for a named architecture. Channels, classes and other parameters
 * that the caller leaves open are read off the shapes of the weights. PyTorch's counters {@code
 * num_batches_tracked} are ignored. Half precision is widened to float32.
 */
public final class WeightsFile {
  private static final String COUNTER = ".num_batches_tracked";

  private final String source;
  private final Safetensors file;

  private WeightsFile(String source, Safetensors file) {
    this.source = source;
    this.file = file;
  }

  /** An architecture and a network of it; the caller closes the network. */
  public record Loaded(Architecture architecture, Network network) {}

  /**
   * Opens a file.
   *
   * @throws InvalidInputException if it is no whole safetensors file
   */
  public static WeightsFile open(Path path) {
    return new WeightsFile(path.toString(), Safetensors.readWeights(path));
  }

  /**
   * Loads with the names built in.
   *
   * @param architecture such as {@code preact-resnet-18}
   */
  public Loaded load(String architecture) {
    return load(Architectures.parse(architecture), null, null);
  }

  /**
   * Loads.
   *
   * @param names ours to the file's; null for those built in, or ours where the file has these
   * @param input shape of one sample where it is known; taken if these weights belong to a network
   *     for it, else, and for null, what the weights show
   * @throws InvalidInputException with every weight that is missing, unexpected, of another shape
   *     or type, or not finite
   */
  public Loaded load(Blueprint blueprint, @Nullable NameMap names, @Nullable Shape input) {
    NameMap map = names == null ? builtIn(blueprint.family()) : names;
    Family.Inferred seen = blueprint.family().infer(ours -> shape(map.theirs(ours)));
    Long classes = seen.classes();
    if (classes == null) {
      throw unlike(blueprint, map);
    }
    Map<String, String> parameters = new LinkedHashMap<>(seen.parameters());
    Call call = Call.parse(blueprint.name());
    parameters.putAll(call.arguments());
    Blueprint whole = Architectures.parse(new Call(call.name(), parameters));
    int count = Math.toIntExact(classes);
    Architecture wanted = input == null ? null : fitting(whole, input, count, map);
    Shape shown = seen.input() == null ? blueprint.defaultInput() : seen.input();
    Architecture architecture = wanted == null ? whole.build(shown, count) : wanted;
    return new Loaded(architecture, network(architecture, map));
  }

  /** The architecture for these inputs; null if there is none, or its weights have other shapes. */
  private @Nullable Architecture fitting(
      Blueprint blueprint, Shape input, int classes, NameMap map) {
    try {
      Architecture built = blueprint.build(input, classes);
      boolean fits =
          built.graph().parameters().stream()
              .allMatch(p -> Objects.equals(p.spec().shape(), shape(map.theirs(p.name()))));
      return fits ? built : null;
    } catch (InvalidInputException e) {
      return null;
    }
  }

  /** The names built in, or ours where these find more of what shows the architecture. */
  private NameMap builtIn(Family family) {
    NameMap theirs = family.names();
    return hits(family, theirs) >= hits(family, NameMap.identity()) ? theirs : NameMap.identity();
  }

  private long hits(Family family, NameMap map) {
    Set<String> asked = new LinkedHashSet<>();
    family.infer(
        ours -> {
          asked.add(map.theirs(ours));
          return shape(map.theirs(ours));
        });
    return asked.stream().filter(file.names()::contains).count();
  }

  private InvalidInputException unlike(Blueprint blueprint, NameMap map) {
    String some = String.join(", ", file.names().stream().limit(6).toList());
    return new InvalidInputException(
        source,
        "",
        "the weights of " + blueprint.name() + firstMissing(blueprint.family(), map),
        file.names().isEmpty() ? "no tensors" : "tensors named " + some + " ...",
        map.rules().isEmpty() ? "give a name map" : "check the architecture and the name map");
  }

  /** The first name that was looked for in vain, in words; empty if there is none. */
  private String firstMissing(Family family, NameMap map) {
    Set<String> asked = new LinkedHashSet<>();
    family.infer(
        ours -> {
          asked.add(ours);
          return shape(map.theirs(ours));
        });
    return asked.stream()
        .filter(ours -> !file.names().contains(map.theirs(ours)))
        .findFirst()
        .map(ours -> ", among them " + map.theirs(ours) + " for our " + ours)
        .orElse("");
  }

  /** The shape of a tensor in the file; null if there is none, or one without elements. */
  private @Nullable Shape shape(String theirs) {
    Entry entry = file.header().entries().get(theirs);
    boolean usable = entry != null && entry.shape().stream().allMatch(n -> n > 0);
    return entry != null && usable ? Shape.of(entry.dims()) : null;
  }

  private Network network(Architecture architecture, NameMap map) {
    Problems problems = new Problems(source);
    List<Parameter> wanted = architecture.graph().parameters();
    Set<String> rest = new LinkedHashSet<>(file.names());
    rest.removeIf(name -> name.endsWith(COUNTER));
    Set<String> unused = new LinkedHashSet<>(rest);
    wanted.forEach(p -> unused.remove(map.theirs(p.name())));
    for (Parameter p : wanted) {
      check(p, map.theirs(p.name()), unused, problems);
    }
    for (String name : unused) {
      problems.add(name, "no such weight in " + architecture.name(), "one");
    }
    problems.throwIfAny();
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> weights = new LinkedHashMap<>();
      for (Parameter p : wanted) {
        String theirs = map.theirs(p.name());
        Tensor values = file.tensor(theirs);
        if (!values.allFinite()) {
          problems.add(theirs, "finite numbers", "NaN or infinite ones");
        }
        weights.put(p.name(), values);
      }
      problems.throwIfAny();
      return Network.of(architecture.graph(), weights, source);
    }
  }

  private void check(Parameter p, String theirs, Set<String> unused, Problems problems) {
    Entry entry = file.header().entries().get(theirs);
    Shape shape = p.spec().shape();
    if (entry == null) {
      String expected = "a tensor " + shape + " for our " + p.name();
      problems.add(theirs, expected, "nothing", Nearest.hint(theirs, unused));
      return;
    }
    if (!entry.type().isFloating()) {
      problems.add(theirs, "a type out of F32, F64, BF16, F16", entry.type().code());
    }
    if (!entry.shape().equals(asList(shape))) {
      problems.add(theirs, "shape " + shape, entry.shape().toString());
    }
  }

  private static List<Long> asList(Shape shape) {
    return java.util.Arrays.stream(shape.toArray()).boxed().toList();
  }
}
