package io.holdfast.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.common.HoldfastException;
import io.holdfast.common.InvalidInputException;
import io.holdfast.data.Dataset;
import io.holdfast.data.DatasetInfo;
import io.holdfast.data.Datasets;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FashionMnistTest {
  /** What {@link BuildFashionMnist} made of Debian's files; other content must not slip in. */
  private static final String TRAIN_HASH =
      "70e642c57d1691c6f0084a2e10fd2fc6c94f183ca0f45a0ca2103540c9ab887b";

  private static final String TEST_HASH =
      "9dcd983af3a69c83d93739d633481b3d1bf975da028b97d97c8a0583d04f8358";

  @Test
  void holdsTheStatedCounts() {
    assertThat(FashionMnist.train().classCounts()).hasSize(10).containsOnly(1200);
    assertThat(FashionMnist.test().classCounts()).hasSize(10).containsOnly(200);
    assertThat(FashionMnist.test().info().shape()).containsExactly(1, 28, 28);
    assertThat(FashionMnist.test().info().classes()).element(9).isEqualTo("Ankle boot");
  }

  @Test
  void contentNeverChanges() {
    assertThat(FashionMnist.train().contentHash()).isEqualTo(TRAIN_HASH);
    assertThat(FashionMnist.test().contentHash()).isEqualTo(TEST_HASH);
  }

  @Test
  void opensByName() {
    Dataset test = Datasets.open("embedded:fashion-mnist/test");
    assertThat(test.contentHash()).isEqualTo(TEST_HASH);
    assertThat(test.info().name()).isEqualTo("fashion-mnist/test");
    assertThatThrownBy(() -> Datasets.open("embedded:fashion-mnist/valid"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("embedded:fashion-mnist/train");
  }

  @Test
  void comesFromTheFullSetAsStated() {
    assumeTrue(
        Files.isDirectory(BuildFashionMnist.DEBIAN),
        "skipped: the package dataset-fashion-mnist is not installed");
    Dataset part = BuildFashionMnist.subset(BuildFashionMnist.DEBIAN, "test");
    Dataset embedded = FashionMnist.test();
    assertThat(BuildFashionMnist.labels(part)).isEqualTo(BuildFashionMnist.labels(embedded));
    assertThat(BuildFashionMnist.pixels(part)).isEqualTo(BuildFashionMnist.pixels(embedded));
  }

  @Test
  void packingLosesNothing() throws IOException {
    DatasetInfo info = new DatasetInfo("noise", List.of(3, 5, 7), List.of("a", "b"), "");
    byte[] pixels = new byte[4 * info.sampleSize()];
    new Random(3).nextBytes(pixels);
    int[] labels = {1, 0, 0, 1};
    byte[] packed = PackedImages.pack(info, pixels, labels);
    Dataset back = PackedImages.unpack(info, new ByteArrayInputStream(packed));
    assertThat(BuildFashionMnist.pixels(back)).isEqualTo(pixels);
    assertThat(BuildFashionMnist.labels(back)).isEqualTo(labels);
  }

  @Test
  void carriesItsLicence() throws IOException {
    try (InputStream in = FashionMnist.class.getResourceAsStream("fashion-mnist/LICENSE.txt")) {
      String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
      assertThat(text).contains("Permission is hereby granted").contains("2017 Zalando SE");
    }
  }

  @Test
  void aMissingResourceSaysSo() {
    DatasetInfo info = FashionMnist.test().info();
    assertThatThrownBy(() -> PackedImages.load(info, "nothing.packed"))
        .isInstanceOf(HoldfastException.class)
        .hasMessageContaining("nothing.packed");
  }
}
