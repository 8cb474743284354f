package io.holdfast.datasets;

import io.holdfast.data.Dataset;
import io.holdfast.data.DatasetInfo;
import io.holdfast.data.EmbeddedDatasets;
import java.util.List;

/**
 * A stratified part of Fashion-MNIST (Xiao, Rasul and Vollgraf 2017, arXiv 1708.07747): ten kinds
 * of clothes, grey {@code [1, 28, 28]}; 12,000 of the 60,000 training images (1,200 of each class)
 * and 2,000 of the 10,000 test images (200 of each). MIT licence, copyright 2017 Zalando SE; its
 * text lies beside the data. 5.8 MB in all. Opened by name as {@code embedded:fashion-mnist/train}
 * and {@code embedded:fashion-mnist/test}.
 */
public final class FashionMnist implements EmbeddedDatasets {
  static final String TRAIN = "fashion-mnist/train";
  static final String TEST = "fashion-mnist/test";

  static final List<String> CLASSES =
      List.of(
          "T-shirt/top",
          "Trouser",
          "Pullover",
          "Dress",
          "Coat",
          "Sandal",
          "Shirt",
          "Sneaker",
          "Bag",
          "Ankle boot");

  private static final List<Integer> SHAPE = List.of(1, 28, 28);

  /** For {@link java.util.ServiceLoader}; use {@link #train()} and {@link #test()}. */
  public FashionMnist() {}

  /** 12,000 training images; about 9 MB of memory. */
  public static Dataset train() {
    return load(TRAIN);
  }

  /** 2,000 test images, never part of the training images. */
  public static Dataset test() {
    return load(TEST);
  }

  @Override
  public List<String> names() {
    return List.of(TRAIN, TEST);
  }

  @Override
  public Dataset open(String name) {
    if (!names().contains(name)) {
      throw new IllegalArgumentException("no data set is named " + name + "; there is " + names());
    }
    return load(name);
  }

  private static Dataset load(String name) {
    return PackedImages.load(
        new DatasetInfo(name, SHAPE, CLASSES, "MIT (Zalando SE)"), name + ".packed");
  }
}
