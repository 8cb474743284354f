package io.holdfast.model.plan;

import io.holdfast.model.PatchLogits;
import io.holdfast.model.Patches;
import io.holdfast.tensor.NoGrad;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A plan that keeps the values of its first {@link Level}s: a changed patch is computed anew level
 * by level and put among them, and only where patches have become large the rest is computed whole.
 * What is not taken over is put back. Shapes: n images, C channels, H and W a level's size, h and w
 * that of a patch.
 */
final class PatchedPlan implements PatchLogits {
  private final Plan plan;
  private final List<Level> levels;
  private final SharedScope owner = Scope.shared();
  private final @Nullable Tensor[] kept; // by level, [n, C, H, W] of the known images
  private final List<Change> changes = new ArrayList<>(); // since the last answer
  private int known; // so many levels hold the known images

  /** What a level held before. */
  private record Change(Tensor all, Tensor places, Tensor before) {}

  PatchedPlan(Plan plan, List<Level> levels) {
    this.plan = plan;
    this.levels = levels;
    kept = new Tensor[levels.size()];
  }

  @Override
  public boolean pays(int height, int width) {
    return paying(new Patches(new int[1], new int[1], height, width)) > 0;
  }

  /** In how many levels patches stay small. */
  private int paying(Patches changed) {
    int count = 0;
    Patches at = changed;
    for (Level level : levels) {
      at = level.changed(at);
      if (!level.pays(at)) {
        break;
      }
      count++;
    }
    return count;
  }

  @Override
  public void begin(Tensor base) {
    try (Scope scope = Scope.open();
        NoGrad off = NoGrad.on()) {
      keep(0, plan.laidOut(base));
    }
    known = 1;
  }

  private void keep(int level, Tensor in) {
    kept[level] = owner.adopt(levels.get(level).run(in));
  }

  @Override
  public Tensor logits(Tensor x, Patches changed) {
    int deep = paying(changed);
    try (NoGrad off = NoGrad.on()) {
      for (; known < deep; known++) {
        try (Scope scope = Scope.open()) {
          keep(known, at(known - 1));
        }
      }
      changes.clear();
      Tensor value = plan.laidOut(x); // [n, C, H, W]
      Patches patches = changed;
      for (int i = 0; i < deep; i++) {
        Level level = levels.get(i);
        patches = level.changed(patches);
        Tensor part = level.run(cut(value, level.seen(patches))); // [n, C, h, w]
        value = at(i);
        put(part, value, patches);
      }
      return plan.logitsFrom(deep == 0 ? 0 : levels.get(deep - 1).slot(), value);
    }
  }

  private Tensor at(int level) {
    return Objects.requireNonNull(kept[level], "begin comes first");
  }

  /** Patches of images as images of their own, {@code [n, C, h, w]}. */
  private static Tensor cut(Tensor all, Patches patches) {
    return pixels(all)
        .indexSelect(0, places(patches, all)) // [n h w, C]
        .view(patches.count(), patches.height(), patches.width(), all.size(1))
        .permute(0, 3, 1, 2);
  }

  private void put(Tensor part, Tensor all, Patches patches) {
    Tensor target = pixels(all); // [n H W, C]
    Tensor places = places(patches, all); // [n h w]
    changes.add(new Change(target, places, target.indexSelect(0, places)));
    target.indexCopyInPlace(0, places, pixels(part));
  }

  /** {@code [n, C, H, W]} in channels-last order as {@code [n H W, C]}; a view. */
  private static Tensor pixels(Tensor images) {
    long[] shape = images.shape();
    return images.permute(0, 2, 3, 1).view(shape[0] * shape[2] * shape[3], shape[1]);
  }

  /** Where the pixels of patches lie in {@link #pixels}, {@code [n h w]}. */
  private static Tensor places(Patches patches, Tensor all) {
    long height = all.size(2);
    long width = all.size(3);
    long[] places = new long[patches.count() * patches.height() * patches.width()];
    int next = 0;
    for (int i = 0; i < patches.count(); i++) {
      for (int row = 0; row < patches.height(); row++) {
        long start = (i * height + patches.rows()[i] + row) * width + patches.columns()[i];
        for (int column = 0; column < patches.width(); column++) {
          places[next++] = start + column;
        }
      }
    }
    return Tensors.of(places, places.length).to(all.device());
  }

  @Override
  public void accept(boolean[] taken) {
    int count = 0;
    for (boolean one : taken) {
      count += one ? 1 : 0;
    }
    if (count > 0) {
      known = Math.min(known, changes.size()); // the others still hold what was known before
    }
    for (Change change : changes) {
      if (count < taken.length) {
        change.all().indexCopyInPlace(0, change.places(), undone(change, taken, count));
      }
    }
    changes.clear();
  }

  private static Tensor undone(Change change, boolean[] taken, int count) {
    if (count == 0) {
      return change.before();
    }
    int each = (int) (change.before().size(0) / taken.length);
    boolean[] mask = new boolean[taken.length * each];
    for (int i = 0; i < taken.length; i++) {
      Arrays.fill(mask, i * each, (i + 1) * each, taken[i]);
    }
    Tensor now = change.all().indexSelect(0, change.places()); // [n h w, C]
    Tensor stays = Tensors.of(mask, mask.length, 1).to(now.device());
    return Tensors.where(stays, now, change.before());
  }

  @Override
  public void retain(Tensor positions) {
    for (int i = 0; i < known; i++) {
      try (Scope scope = Scope.open()) {
        Tensor all = at(i);
        Tensor front = all.slice(0, 0, positions.size(0)); // [m, C, H, W]
        front.copyFrom(all.indexSelect(0, positions));
        kept[i] = owner.adopt(front);
      }
    }
  }

  @Override
  public void close() {
    owner.close();
  }
}
