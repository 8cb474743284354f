package io.holdfast.attack.universal;

import io.holdfast.common.Seed;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Domain;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Where a patch is pasted on each of some images: the operator A of Brown et al. 2017, section 2.
 * Rotated and scaled patches stay within a box of their full size, which cuts the corners of a
 * square that is rotated. Shapes: n images {@code [n, C, H, W]}, patches {@code [n, C, h, w]} or
 * one for all.
 *
 * @param maps from places of the image to those of the patch, {@code [n, 2, 3]}
 * @param covered the pixels that the patch covers, {@code [n, 1, H, W]}
 */
record Placement(Tensor maps, Tensor covered) {
  /**
   * Draws one place per image.
   *
   * @param seeds one per image
   * @param like the images, {@code [n, C, H, W]}
   * @param patch {@code [*, C, h, w]}, not larger than an image
   */
  static Placement draw(Poses poses, List<Seed> seeds, Tensor like, Tensor patch) {
    int height = Math.toIntExact(like.size(2));
    int width = Math.toIntExact(like.size(3));
    float[] maps = new float[seeds.size() * 6];
    boolean[] covered = new boolean[seeds.size() * height * width];
    for (int i = 0; i < seeds.size(); i++) {
      RandomGenerator random = seeds.get(i).generator();
      Pose pose = Pose.draw(poses, random, height, width, patch.size(2), patch.size(3));
      pose.map(maps, 6 * i, height, width);
      pose.cover(covered, i * height * width, width, poses.round());
    }
    return new Placement(
        Tensors.of(maps, seeds.size(), 2, 3).to(like.device()),
        Tensors.of(covered, seeds.size(), 1, height, width).to(like.device()));
  }

  /** The images with their patches, {@code [n, C, H, W]}; on the tape where the patch is. */
  Tensor paste(Tensor images, Tensor patch, Domain domain) {
    double middle = (domain.low() + domain.high()) / 2; // beyond the patch's edge, not 0
    Tensor own = patch.sub(middle).expand(images.size(0), -1, -1, -1); // [n, C, h, w]
    Tensor grid = Nn.affineGrid(maps, images.shape()); // [n, H, W, 2]
    Tensor painted = Nn.gridSample(own, grid).add(middle); // [n, C, H, W]
    return Tensors.where(covered, painted.clamp(domain.low(), domain.high()), images);
  }

  /** One place: the corner of the box, the box's sides, the angle, and the scale. */
  private record Pose(int row, int column, long high, long wide, double angle, double scale) {
    static Pose draw(
        Poses poses, RandomGenerator random, int height, int width, long high, long wide) {
      int row = random.nextInt((int) (height - high) + 1);
      int column = random.nextInt((int) (width - wide) + 1);
      double angle = Math.toRadians(poses.degrees() * (2 * random.nextDouble() - 1));
      double share = poses.smallest() + (1 - poses.smallest()) * random.nextDouble();
      double least = Math.min(1, 2.0 / Math.min(high, wide)); // two pixels
      return new Pose(row, column, high, wide, angle, Math.max(least, share));
    }

    /** Across the patch in [-1, 1], of a place in pixels from the middle of the box. */
    private double across(double right, double down) {
      return (Math.cos(angle) * right + Math.sin(angle) * down) / (scale * wide / 2.0);
    }

    private double along(double right, double down) {
      return (Math.cos(angle) * down - Math.sin(angle) * right) / (scale * high / 2.0);
    }

    /** Affine in the image's own places in [-1, 1]. */
    void map(float[] maps, int at, int height, int width) {
      double right = width / 2.0 - column - wide / 2.0; // of the image's middle, from the box's
      double down = height / 2.0 - row - high / 2.0;
      maps[at] = (float) across(width / 2.0, 0);
      maps[at + 1] = (float) across(0, height / 2.0);
      maps[at + 2] = (float) across(right, down);
      maps[at + 3] = (float) along(width / 2.0, 0);
      maps[at + 4] = (float) along(0, height / 2.0);
      maps[at + 5] = (float) along(right, down);
    }

    void cover(boolean[] covered, int at, int width, boolean round) {
      for (int i = 0; i < high; i++) {
        for (int j = 0; j < wide; j++) {
          double right = j + 0.5 - wide / 2.0;
          double down = i + 0.5 - high / 2.0;
          double x = Math.abs(across(right, down));
          double y = Math.abs(along(right, down));
          boolean inside = round ? x * x + y * y <= 1 : Math.max(x, y) <= 1;
          covered[at + (row + i) * width + column + j] = inside;
        }
      }
    }
  }
}
