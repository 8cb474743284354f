package io.holdfast.attack;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.attack.library.ExampleLibrary;
import io.holdfast.attack.library.LeftOut;
import io.holdfast.attack.library.SourceCheck;
import io.holdfast.common.Seed;
import io.holdfast.data.Dataset;
import io.holdfast.data.DatasetInfo;
import io.holdfast.data.ForwardingDataset;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.testkit.library.SampleLibrary;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A library's labels beside those of data that number their classes in their own way. */
class SourceCheckTest {
  private static final int SHIFT = 3;

  private final Dataset data = FashionMnist.test().first(20);
  private ExampleLibrary library;

  @BeforeEach
  void write(@TempDir Path folder) {
    SampleLibrary.write(folder, data, 0.1, new Seed(3));
    library = ExampleLibrary.load(folder, SampleLibrary.TODAY);
  }

  /** The same samples, class k numbered as k + 3, under these names. */
  private static Dataset renumbered(Dataset source, List<String> names) {
    DatasetInfo of = source.info();
    DatasetInfo info = new DatasetInfo(of.name(), of.shape(), names, of.licence());
    return new ForwardingDataset(source) {
      @Override
      public DatasetInfo info() {
        return info;
      }

      @Override
      public int label(int index) {
        return (super.label(index) + SHIFT) % names.size();
      }
    };
  }

  private List<String> shifted() {
    List<String> names = data.info().classes();
    return IntStream.range(0, names.size())
        .mapToObj(k -> names.get((k + names.size() - SHIFT) % names.size()))
        .toList();
  }

  @Test
  void classesAreFoundByNameWhateverTheirNumber() {
    assertThat(SourceCheck.differing(library, data)).isEmpty();
    assertThat(SourceCheck.differing(library, renumbered(data, shifted()))).isEmpty();
  }

  @Test
  void anotherNameIsAnotherClassEvenOfTheSameNumber() {
    List<LeftOut> found = SourceCheck.differing(library, renumbered(data, data.info().classes()));
    assertThat(found).hasSize(20);
    assertThat(found.get(0).reason()).startsWith("expected class ");
  }

  @Test
  void numbersAreComparedWhereTheDataHaveNoNames() {
    List<String> numbers = IntStream.range(0, 10).mapToObj(Integer::toString).toList();
    List<LeftOut> found = SourceCheck.differing(library, renumbered(data, numbers));
    assertThat(found).hasSize(20);
    assertThat(found.get(0).reason()).startsWith("expected label ");
  }
}
