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
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is known of one sample of an {@link AttackRun} between two rounds, as bytes. */
final class RowState {
  private RowState() {}

  static void write(AttackRun run, ThreatModel threat, int row, DataOutputStream out)
      throws IOException {
    out.writeBoolean(run.standing[row]);
    out.writeBoolean(run.fell[row]);
    out.writeBoolean(run.tried[row]);
    out.writeDouble(run.smallest[row]);
    out.writeDouble(run.margin[row]);
    out.writeLong(run.queries[row]);
    out.writeLong(run.gradientCounts[row]);
    out.writeLong(run.checks[row]);
    out.writeInt(run.order[row].length);
    for (int target : run.order[row]) {
      out.writeInt(target);
    }
    out.writeInt(run.stages.get(row).size());
    for (AttackResult.Stage stage : run.stages.get(row)) {
      out.writeUTF(stage.attack());
      out.writeUTF(stage.outcome().name());
      out.writeLong(stage.queries());
      out.writeLong(stage.gradients());
    }
    int member = member(threat, run.sets[row]);
    out.writeInt(member);
    if (member >= 0) {
      try (Scope scope = Scope.open()) {
        floats(run.adversarial.select(0, row).toFloats(), out);
      }
      floats(run.finalLogits[row], out);
      floats(run.variables[row], out);
    }
  }

  static void read(AttackRun run, ThreatModel threat, int row, DataInputStream in)
      throws IOException {
    run.standing[row] = in.readBoolean();
    run.fell[row] = in.readBoolean();
    run.tried[row] = in.readBoolean();
    run.smallest[row] = in.readDouble();
    run.margin[row] = in.readDouble();
    run.queries[row] = in.readLong();
    run.gradientCounts[row] = in.readLong();
    run.checks[row] = in.readLong();
    int[] order = new int[in.readInt()];
    for (int i = 0; i < order.length; i++) {
      order[i] = in.readInt();
    }
    run.order[row] = order;
    List<AttackResult.Stage> stages = run.stages.get(row);
    stages.clear();
    for (int left = in.readInt(); left > 0; left--) {
      String attack = in.readUTF();
      Outcome outcome = Outcome.valueOf(in.readUTF());
      stages.add(new AttackResult.Stage(attack, outcome, in.readLong(), in.readLong()));
    }
    int member = in.readInt();
    if (member >= 0) {
      try (Scope scope = Scope.open()) {
        Tensor to = run.adversarial.select(0, row); // [...]
        to.copyFrom(Tensors.of(floats(in), to.shape()).to(to.device()));
      }
      run.finalLogits[row] = floats(in);
      float[] made = floats(in);
      run.variables[row] = made.length == 0 ? AttackRun.NONE : made;
      run.sets[row] = threat.members().get(member).set();
    }
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

  private static void floats(float[] values, DataOutputStream out) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES);
    bytes.asFloatBuffer().put(values);
    out.writeInt(values.length);
    out.write(bytes.array());
  }

  private static float[] floats(DataInputStream in) throws IOException {
    float[] values = new float[in.readInt()];
    ByteBuffer.wrap(in.readNBytes(values.length * Float.BYTES)).asFloatBuffer().get(values);
    return values;
  }
}
