package io.holdfast.attack;

import io.holdfast.record.Outcome;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.PerturbationSet;
import io.holdfast.threat.ThreatModel;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an {@link AttackRun} knows of one sample between two rounds. Whatever is kept by row there,
 * and does not follow from inputs and model, stands here.
 *
 * @param member of the threat model whose set admits the result, -1 where there is none yet
 * @param result null where there is none yet
 */
record RowState(
    boolean standing,
    boolean fell,
    boolean tried,
    double smallest,
    double margin,
    long queries,
    long gradients,
    long checks,
    List<Integer> order,
    List<AttackResult.Stage> stages,
    int member,
    @Nullable Result result) {

  /** An adversarial input with its logits, and what it was made from where it differs. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Result(float[] adversarial, float[] logits, float[] variables) {}

  static RowState of(AttackRun run, ThreatModel threat, int row) {
    int member = member(threat, run.results.sets[row]);
    return new RowState(
        run.standing[row],
        run.fell[row],
        run.tried[row],
        run.smallest[row],
        run.margin[row],
        run.queries[row],
        run.gradientCounts[row],
        run.checks[row],
        boxed(run.order[row]),
        List.copyOf(run.stages.get(row)),
        member,
        member < 0 ? null : result(run, row));
  }

  private static Result result(AttackRun run, int row) {
    try (Scope scope = Scope.open()) {
      float[] adversarial = run.results.adversarial.select(0, row).toFloats();
      return new Result(adversarial, run.results.logits[row], run.results.variables[row]);
    }
  }

  private static List<Integer> boxed(int[] values) {
    List<Integer> list = new ArrayList<>();
    for (int value : values) {
      list.add(value);
    }
    return list;
  }

  /** Which member of the threat model admits a result; -1 where there is none yet. */
  private static int member(ThreatModel threat, @Nullable PerturbationSet set) {
    if (set == null) {
      return -1;
    }
    List<ThreatModel> members = threat.members();
    for (int m = 0; m < members.size(); m++) {
      if (members.get(m).set().equals(set)) {
        return m;
      }
    }
    throw new IllegalStateException(set.key() + " is no member of " + threat.set().key());
  }

  void into(AttackRun run, ThreatModel threat, int row) {
    run.standing[row] = standing;
    run.fell[row] = fell;
    run.tried[row] = tried;
    run.smallest[row] = smallest;
    run.margin[row] = margin;
    run.queries[row] = queries;
    run.gradientCounts[row] = gradients;
    run.checks[row] = checks;
    run.order[row] = order.stream().mapToInt(k -> k).toArray();
    run.stages.get(row).clear();
    run.stages.get(row).addAll(stages);
    if (result != null) {
      run.results.sets[row] = threat.members().get(member).set();
      run.results.logits[row] = result.logits();
      run.results.variables[row] =
          result.variables().length == 0 ? AttackResults.NONE : result.variables();
      try (Scope scope = Scope.open()) {
        Tensor to = run.results.adversarial.select(0, row); // [...]
        to.copyFrom(Tensors.of(result.adversarial(), to.shape()).to(to.device()));
      }
    }
  }

  void write(DataOutputStream out) throws IOException {
    out.writeBoolean(standing);
    out.writeBoolean(fell);
    out.writeBoolean(tried);
    out.writeDouble(smallest);
    out.writeDouble(margin);
    out.writeLong(queries);
    out.writeLong(gradients);
    out.writeLong(checks);
    out.writeInt(order.size());
    for (int target : order) {
      out.writeInt(target);
    }
    out.writeInt(stages.size());
    for (AttackResult.Stage stage : stages) {
      out.writeUTF(stage.attack());
      out.writeUTF(stage.outcome().name());
      out.writeLong(stage.queries());
      out.writeLong(stage.gradients());
    }
    out.writeInt(member);
    if (result != null) {
      floats(result.adversarial(), out);
      floats(result.logits(), out);
      floats(result.variables(), out);
    }
  }

  static RowState read(DataInputStream in) throws IOException {
    boolean standing = in.readBoolean();
    boolean fell = in.readBoolean();
    boolean tried = in.readBoolean();
    double smallest = in.readDouble();
    double margin = in.readDouble();
    long queries = in.readLong();
    long gradients = in.readLong();
    long checks = in.readLong();
    List<Integer> order = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      order.add(in.readInt());
    }
    List<AttackResult.Stage> stages = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      String attack = in.readUTF();
      Outcome outcome = Outcome.valueOf(in.readUTF());
      stages.add(new AttackResult.Stage(attack, outcome, in.readLong(), in.readLong()));
    }
    int member = in.readInt();
    return new RowState(
        standing,
        fell,
        tried,
        smallest,
        margin,
        queries,
        gradients,
        checks,
        order,
        stages,
        member,
        member < 0 ? null : new Result(floats(in), floats(in), floats(in)));
  }

  private static void floats(float[] values, DataOutputStream out) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES);
    bytes.asFloatBuffer().put(values);
    out.writeInt(values.length);
    out.write(bytes.array());
  }

  private static float[] floats(DataInputStream in) throws IOException {
    byte[] bytes = in.readNBytes(Math.multiplyExact(in.readInt(), Float.BYTES));
    float[] values = new float[bytes.length / Float.BYTES];
    ByteBuffer.wrap(bytes).asFloatBuffer().get(values);
    return values;
  }
}
