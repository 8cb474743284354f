package io.holdfast.testkit.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Seed;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import io.holdfast.common.Stopper;
import io.holdfast.data.DataSource;
import io.holdfast.data.Dataset;
import io.holdfast.data.Datasets;
import io.holdfast.data.SampleForm;
import io.holdfast.data.StrayLabels;
import io.holdfast.data.image.LabelUse;
import io.holdfast.data.image.Scale;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadersTest {
  private static final SampleImages GREY = SampleImages.random(9, 1, 5, 5, new Seed(1));
  private static final SampleImages COLOUR = SampleImages.random(9, 3, 6, 5, new Seed(2));

  private final Path folder;

  ReadersTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private Path put(String name, byte[] content) throws IOException {
    Path path = folder.resolve(name);
    Files.createDirectories(path.getParent());
    return Files.write(path, content);
  }

  private Path put(String name, String content) throws IOException {
    return put(name, content.getBytes(StandardCharsets.UTF_8));
  }

  private static Dataset open(Path path) {
    return Datasets.open(path.toString());
  }

  private static void assertSame(Dataset data, SampleImages images) {
    assertThat(data.size()).isEqualTo(images.count());
    for (int i = 0; i < data.size(); i++) {
      assertThat(data.read(i)).isEqualTo(images.image(i));
      assertThat(data.label(i)).isEqualTo(images.label(i));
      assertThat(data.id(i)).isEqualTo(i);
    }
  }

  @Test
  void idxPlainPackedByFolderAndByPrefix() throws IOException {
    put("train-images-idx3-ubyte", GREY.idxImages());
    put("train-labels-idx1-ubyte.gz", SampleImages.gzip(GREY.idxLabels()));
    put("t10k-images-idx3-ubyte.gz", SampleImages.gzip(GREY.idxImages()));
    put("t10k-labels-idx1-ubyte", GREY.idxLabels());
    assertSame(open(folder.resolve("train-images-idx3-ubyte")), GREY);
    assertSame(open(folder.resolve("test")), GREY);
    Settings train = Settings.of(Map.of("path", folder.toString(), "split", "train"));
    assertSame(Datasets.open(train), GREY);
    assertThatThrownBy(() -> Datasets.open(folder.resolve("test") + "[split=train]"))
        .hasMessageContaining("split: expected a folder, an archive or a file that holds several")
        .hasMessageContaining("asked for train");
    assertThatThrownBy(() -> open(folder))
        .hasMessageContaining("split: train")
        .hasMessageContaining("t10k-images-idx3-ubyte.gz, train-images-idx3-ubyte");
  }

  @Test
  void idxRefusals() throws IOException {
    byte[] images = GREY.idxImages();
    put("a-labels.idx", GREY.idxLabels());
    Path cut = put("a-images.idx", Arrays.copyOf(images, images.length - 1));
    assertThatThrownBy(() -> open(cut)).hasMessageContaining("truncated");
    byte[] packed = SampleImages.gzip(images);
    put("b-labels.idx", GREY.idxLabels());
    Path cutPacked = put("b-images.idx.gz", Arrays.copyOf(packed, packed.length / 2));
    assertThatThrownBy(() -> open(cutPacked)).hasMessageContaining("truncated");
    Path swapped = put("c-images.idx", GREY.idxLabels());
    put("c-labels.idx", GREY.idxLabels());
    assertThatThrownBy(() -> open(swapped)).hasMessageContaining("00 00 08 01");
    Path fewer = put("d-images.idx", images);
    put("d-labels.idx", SampleImages.random(8, 1, 5, 5, new Seed(1)).idxLabels());
    assertThatThrownBy(() -> open(fewer)).hasMessageContaining("8").hasMessageContaining("9");
    Path alone = put("e-images.idx", images);
    assertThatThrownBy(() -> open(alone)).hasMessageContaining("e-labels.idx beside it");
  }

  @Test
  void numpyInEveryForm() throws IOException {
    put("labels.npy", COLOUR.npyLabels());
    assertSame(open(put("images.npy", COLOUR.npyImages())), COLOUR);
    put("y_test.npy", COLOUR.npyLabels());
    assertSame(open(put("x_test.npy", COLOUR.npyFloatImagesChannelsLast())), COLOUR);
    assertSame(open(put("both.npz", COLOUR.npz())), COLOUR);
  }

  @Test
  void numpyRefusals() throws IOException {
    byte[] floats = COLOUR.npyFloatImagesChannelsLast();
    put("labels.npy", COLOUR.npyLabels());
    byte[] nan = floats.clone();
    nan[nan.length - 1] = 0x7f;
    nan[nan.length - 2] = (byte) 0xc0;
    Path notANumber = put("images.npy", nan);
    assertThatThrownBy(() -> open(notANumber))
        .hasMessageContaining("NaN")
        .hasMessageContaining("image 8");
    put("images.npy", header(floats, "False", "True "));
    assertThatThrownBy(() -> open(notANumber)).hasMessageContaining("ascontiguousarray");
    put("images.npy", header(floats, "<f4", ">f4"));
    assertThatThrownBy(() -> open(notANumber)).hasMessageContaining(">f4");
    put("images.npy", Arrays.copyOf(floats, 500));
    assertThatThrownBy(() -> open(notANumber)).hasMessageContaining("truncated");
    Path named = put("both.npz", COLOUR.npz());
    assertThatThrownBy(
            () ->
                Datasets.open(Settings.of(Map.of("path", named.toString(), "images", "pictures"))))
        .hasMessageContaining("pictures")
        .hasMessageContaining("x, y");
  }

  @Test
  void weightsAndGroupsOfSamples() throws IOException {
    int n = COLOUR.count();
    double[] weights = new double[n];
    int[] groups = new int[n];
    for (int i = 0; i < n; i++) {
      weights[i] = 0.5 * i;
      groups[i] = i % 3 - 1;
    }
    Path npz = put("more.npz", COLOUR.npz(weights, groups));
    Path safetensors = folder.resolve("more.safetensors");
    Path half = folder.resolve("half.safetensors");
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> tensors =
          new LinkedHashMap<>(
              Safetensors.read(put("a.safetensors", COLOUR.safetensors())).tensors());
      float[] narrow = new float[n];
      long[] wide = new long[n];
      for (int i = 0; i < n; i++) {
        narrow[i] = (float) weights[i];
        wide[i] = groups[i];
      }
      tensors.put("weights", Tensors.of(narrow, n));
      tensors.put("groups", Tensors.of(wide, n));
      Safetensors.write(safetensors, tensors, Map.of());
      tensors.put("weights", Tensors.of(narrow, n).to(DType.BFLOAT16));
      Safetensors.write(half, tensors, Map.of());
    }
    for (Path file : List.of(npz, safetensors, half)) {
      assertSame(open(file), COLOUR);
      Dataset last = open(file).subset(n - 1, 2);
      assertThat(last.weight(0)).isEqualTo((float) weights[n - 1]);
      assertThat(last.weight(1)).isEqualTo(1f);
      assertThat(last.group(0)).isEqualTo(groups[n - 1]);
      assertThat(last.group(1)).isEqualTo(groups[2]);
    }
    weights[3] = -1;
    put("more.npz", COLOUR.npz(weights, groups));
    assertThatThrownBy(() -> open(npz))
        .hasMessageContaining("weights[3]: expected a finite weight of at least 0, found -1.0");
    put("more.npz", COLOUR.npz(new double[n], groups));
    assertThatThrownBy(() -> open(npz)).hasMessageContaining("only zeros");
    put("more.npz", COLOUR.npz(new double[] {1}, groups));
    assertThatThrownBy(() -> open(npz))
        .hasMessageContaining("weights: expected " + n + ", one for each image, found 1");
    weights[3] = 1;
    groups[1] = -2;
    put("more.npz", COLOUR.npz(weights, groups));
    assertThatThrownBy(() -> open(npz)).hasMessageContaining("groups[1]: expected a group from 0");
  }

  private static byte[] header(byte[] file, String from, String to) {
    String text = new String(file, StandardCharsets.ISO_8859_1).replace(from, to);
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  @Test
  void safetensors() throws IOException {
    byte[] whole = COLOUR.safetensors();
    Path path = put("a.safetensors", whole);
    assertSame(open(path), COLOUR);
    for (String[] change :
        new String[][] {
          {"[0,72]", "[1,72]"}, {"[72,", "[70,"}, {"[9,3", "[8,3"}, {"\"I64\"", "\"F64\""}
        }) {
      put("b.safetensors", header(whole, change[0], change[1]));
      assertThatThrownBy(() -> open(folder.resolve("b.safetensors")))
          .as(change[1])
          .isInstanceOf(InvalidInputException.class);
    }
    for (int length : new int[] {0, 7, 100, whole.length - 3}) {
      put("b.safetensors", Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> open(folder.resolve("b.safetensors")))
          .as("cut to %s bytes", length)
          .hasMessageContaining("truncated");
    }
  }

  @Test
  void csvPlainPackedAndFractions() throws IOException {
    assertSame(open(put("a.csv", GREY.csv())), GREY);
    assertSame(open(put("a.csv.gz", SampleImages.gzip(GREY.csv()))), GREY);
    Dataset floats = open(put("b.csv", "0;0.5;1;0;0.25\n2.0e0;0;1;.125;0\n"));
    assertThat(floats.read(0, 1)).containsExactly(0.5f, 1, 0, 0.25f, 0, 1, 0.125f, 0);
    assertThat(floats.label(1)).isEqualTo(2);
    Dataset flags = open(put("flags.csv", "0;0;1;0;1\n2;1;1;0;0\n")); // not 1/255
    assertThat(flags.read(0, 1)).containsExactly(0, 1, 0, 1, 1, 1, 0, 0);
    Path colours = put("c.csv", COLOUR.csv());
    assertThatThrownBy(() -> open(colours))
        .hasMessageContaining("shape: [channels, height, width]");
    assertSame(
        Datasets.open(Settings.of(Map.of("path", colours.toString(), "shape", List.of(3, 6, 5)))),
        COLOUR);
  }

  /** A file alone may mislead: a test table may have no value above 1 by chance. */
  @Test
  void csvIsReadAsTheSamplesItGoesWith() throws IOException {
    Dataset bytes = open(put("train.csv", "0;0;255;0;1\n2;1;51;0;0\n"));
    Dataset flags = open(put("flags.csv", "0;0;1;0;1\n2;1;1;0;0\n"));
    DataSource dark = DataSource.of(put("dark.csv", "0;0;1;0;1\n2;1;1;0;1\n").toString());
    assertThat(bytes.scale()).isEqualTo(Scale.BYTE);
    assertThat(flags.scale()).isEqualTo(Scale.UNIT);
    Dataset as = dark.open(LabelUse.TASK, SampleForm.of(bytes.subset(0)));
    assertThat(as.read(0)).containsExactly(0, 1 / 255f, 0, 1 / 255f);
    assertThat(as.scale()).isEqualTo(Scale.BYTE);
    assertThat(as.contentHash()).isNotEqualTo(dark.open().contentHash());
    assertThat(dark.open(LabelUse.TASK, SampleForm.of(flags)).contentHash())
        .isEqualTo(dark.open().contentHash());
    Dataset told = Datasets.open(folder.resolve("dark.csv") + "[scale=byte]");
    assertThat(told.read(1)).containsExactly(as.read(1));
    assertThat(told.contentHash()).isEqualTo(as.contentHash());
    DataSource unit = DataSource.parse(folder.resolve("dark.csv") + "[scale=unit]");
    assertThat(unit.open(LabelUse.TASK, SampleForm.of(bytes)).read(0)).containsExactly(0, 1, 0, 1);
    DataSource train = DataSource.of(folder.resolve("train.csv").toString());
    assertThatThrownBy(() -> train.open(LabelUse.TASK, SampleForm.of(flags)))
        .hasMessageContaining("a pixel from 0 to 1, by `scale` or as in the samples")
        .hasMessageContaining("found 255");
    Path fractions = put("f.csv", "0;0;0.5;0;1\n");
    assertThatThrownBy(() -> Datasets.open(fractions + "[scale=byte]"))
        .hasMessageContaining("a pixel from 0 to 255, by `scale`")
        .hasMessageContaining("found 0.5");
  }

  /** A square number of columns may be a table, and others need not say what they are. */
  @Test
  void csvHasTheShapeOfTheSamplesItGoesWith() throws IOException {
    SampleForm table = new SampleForm(List.of(4, 1, 1), null);
    SampleForm odd = new SampleForm(List.of(3, 1, 1), null);
    DataSource four = DataSource.of(put("four.csv", "0,0,1,0,1\n1,1,1,0,1\n").toString());
    DataSource three = DataSource.of(put("three.csv", "0,0,1,0\n1,1,1,0\n").toString());
    assertThat(four.open().info().shape()).containsExactly(1, 2, 2);
    assertThat(four.open(LabelUse.TASK, table).info().shape()).containsExactly(4, 1, 1);
    assertThat(four.open(LabelUse.TASK, odd).info().shape()).containsExactly(1, 2, 2);
    assertThat(three.open(LabelUse.TASK, odd).info().shape()).containsExactly(3, 1, 1);
    assertThat(three.open(LabelUse.TASK, odd).scale()).isEqualTo(Scale.UNIT);
  }

  /** As spreadsheets write them: a byte-order mark, and names in any script. */
  @Test
  void csvInUtf8() throws IOException {
    String rows = "\n0,0.5,1,0,2\n0.25,1,0,1,0\n\n1,0,0,0,1\n";
    for (String mark : List.of("", "\ufeff")) {
      for (String label : List.of("\u00e9tiquet\u00e9", "\u6807\u7b7e")) {
        Path path = put("named.csv", mark + "a,b,c,d," + label + rows);
        Dataset named =
            Datasets.open(Settings.of(Map.of("path", path.toString(), "label_column", label)));
        assertThat(List.of(named.label(0), named.label(1), named.label(2)))
            .containsExactly(2, 0, 1);
      }
      Dataset first = open(put("plain.csv", mark + "5,0,0.5,1,0\n1,1,0,0.5,1\n"));
      assertThat(first.label(0)).isEqualTo(5);
      Dataset classed = open(put("class.csv", mark + "class,a,b,c,y\n3,1,0,0.5,1\n0,0,0,0,0\n"));
      assertThat(classed.label(0)).isEqualTo(3);
    }
  }

  @Test
  void whatAFormatHasNoUseForIsRefused() throws IOException {
    Map<Path, List<String>> unused =
        Map.of(
            put("x.csv", GREY.csv()), List.of("resize", "layout"),
            put("x.npz", GREY.npz()), List.of("crop", "shape"),
            put("x.safetensors", GREY.safetensors()), List.of("colour", "header"),
            put("x.zip", COLOUR.imageZip("png")), List.of("shape", "label_column"));
    Map<String, Object> values =
        Map.of(
            "resize",
            8,
            "crop",
            4,
            "colour",
            "grey",
            "layout",
            "nchw",
            "shape",
            List.of(1, 6, 5),
            "header",
            "yes",
            "label_column",
            "0");
    unused.forEach(
        (path, keys) -> {
          Map<String, Object> all = new TreeMap<>(Map.of("path", path.toString()));
          keys.forEach(key -> all.put(key, values.getOrDefault(key, "")));
          assertThatThrownBy(() -> Datasets.open(Settings.of(all)))
              .isInstanceOf(InvalidInputException.class)
              .hasMessageContaining(keys.get(0) + ": expected nothing for a")
              .hasMessageContaining(keys.get(1) + ": expected nothing for a");
        });
  }

  @Test
  void csvRefusalsNameTheLine() throws IOException {
    String[][] cases = {
      {"0,1,2,3,4\n1,1,2,3,256\n", "a.csv:2", "256"},
      {"0,1,2,3,4\n1,1,2,3\n", "a.csv:2", "5 columns"},
      {"0,1,2,3,4\n1,1,2,3,nan\n", "a.csv:2", "nan"},
      {"0,1,2,3,4\n1,1,2,x,4\n", "a.csv:2", "x"},
      {"0,1,2,3,4\n-1,1,2,3,4\n", "a.csv:2", "-1"},
      {"0,1,2,3,4\n0,1,2,3,4\n", "only class 0", "2 samples"},
      {"label,a,b,c,d\n", "rows below the header", "none"},
      {"id,a,b,c,d,label\n1,2,3,4,0\n", "a.csv:2", "6 columns, as the header has"},
      {"", "nothing", "rows"}
    };
    for (String[] c : cases) {
      Path path = put("a.csv", c[0]);
      assertThatThrownBy(() -> open(path))
          .as(c[0])
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining(c[1])
          .hasMessageContaining(c[2]);
    }
  }

  /** The first label that has no class among two, in the words of each format. */
  @Test
  void labelsWithoutAClassAreLocated() throws IOException {
    int at =
        IntStream.range(0, GREY.count()).filter(i -> GREY.label(i) > 1).findFirst().orElseThrow();
    put("labels.npy", GREY.npyLabels());
    put("a-labels.idx", GREY.idxLabels());
    String csv = new String(GREY.csv(), StandardCharsets.UTF_8).replaceFirst("\n", "\n\n");
    Map<Path, String> places =
        Map.of(
            put("images.npy", GREY.npyImages()), "labels.npy: labels[" + at + "]",
            put("both.npz", GREY.npz()), "both.npz: y[" + at + "]",
            put("a-images.idx", GREY.idxImages()), "a-labels.idx: labels[" + at + "]",
            put("a.safetensors", GREY.safetensors()), "a.safetensors: labels[" + at + "]",
            put("a.csv", csv), "a.csv:" + (at + 3) + ": column 0");
    places.forEach(
        (path, place) -> {
          Settings two = Settings.of(Map.of("path", path.toString(), "classes", List.of("a", "b")));
          assertThatThrownBy(() -> Datasets.open(two))
              .isInstanceOf(InvalidInputException.class)
              .hasMessageContaining(
                  place + ": expected a label in [0, 1], one for each class, found 2");
          Dataset all = open(path); // and against the classes of other data or of a model
          assertThat(StrayLabels.of(all.first(at + 1), 2))
              .hasValueSatisfying(
                  stray -> {
                    assertThat(stray.found()).endsWith(place).startsWith("2 at ");
                    assertThat(stray.hint()).isNull();
                  });
          assertThat(StrayLabels.of(all, 3)).isEmpty();
        });
    assertThat(StrayLabels.of(open(folder.resolve("a.csv")), 1).orElseThrow().hint())
        .matches("and [2-8] more such labels");
  }

  @Test
  void hashingStopsWhenAskedAndBeginsAgain() throws IOException {
    for (String name : List.of("set.zip", "a.csv")) {
      byte[] content =
          name.endsWith("zip")
              ? COLOUR.imageZip("png")
              : "0,1\n1,0\n".getBytes(StandardCharsets.UTF_8);
      Dataset data = open(put(name, content));
      Stopper stopper = Stopper.manual();
      stopper.request();
      Dataset some = data.first(1);
      assertThatThrownBy(() -> some.contentHash(stopper))
          .isInstanceOf(RunInterruptedException.class);
      assertThat(data.contentHash())
          .hasSize(64)
          .isEqualTo(open(folder.resolve(name)).contentHash());
      assertThat(data.contentHash(stopper)).as("known").isEqualTo(data.contentHash());
    }
  }

  @Test
  void imageFolderAndZipAgree() throws IOException {
    Dataset zip = open(put("set.zip", COLOUR.imageZip("png")));
    for (int i = 0; i < COLOUR.count(); i++) {
      put("set/class-" + COLOUR.label(i) + "/" + i + ".png", COLOUR.encoded(i, "png"));
    }
    put("set/README.txt", "no image");
    Dataset files = open(folder.resolve("set"));
    assertThat(files.contentHash()).isEqualTo(zip.contentHash());
    assertThat(files.info().classes()).containsExactly("class-0", "class-1", "class-2");
    Set<Integer> seen = new HashSet<>();
    for (int i = 0; i < files.size(); i++) {
      int original = find(COLOUR, files.read(i));
      assertThat(files.label(i)).isEqualTo(COLOUR.label(original));
      assertThat(seen.add(original)).as("each image once").isTrue();
      assertThat(files.id(i)).isEqualTo(zip.id(i));
      assertThat(i == 0 || files.id(i - 1) < files.id(i)).as("in the order of ids").isTrue();
      assertThat(files.read(i)).isEqualTo(zip.read(i));
    }
    assertThat(files.size()).isEqualTo(COLOUR.count());
  }

  /** The image with these pixels. */
  private static int find(SampleImages images, float[] pixels) {
    return IntStream.range(0, images.count())
        .filter(i -> Arrays.equals(images.image(i), pixels))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no such image"));
  }

  @Test
  void greyImagesKeepTheirValues() throws IOException {
    Dataset zip = open(put("grey.zip", GREY.imageZip("png")));
    assertThat(zip.info().shape()).containsExactly(1, 5, 5);
    for (int i = 0; i < zip.size(); i++) {
      assertThat(zip.label(i)).isEqualTo(GREY.label(find(GREY, zip.read(i))));
    }
  }

  @Test
  void sizesThatDifferNeedResize() throws IOException {
    SampleImages other = SampleImages.random(1, 3, 8, 8, new Seed(3));
    put("set/a/1.png", COLOUR.encoded(0, "png"));
    put("set/b/2.png", other.encoded(0, "png"));
    Path set = folder.resolve("set");
    assertThatThrownBy(() -> open(set))
        .hasMessageContaining("b/2.png")
        .hasMessageContaining("8x8")
        .hasMessageContaining("resize: [6, 5]");
    Map<String, Object> section =
        Map.of("path", set.toString(), "resize", List.of(4, 4), "colour", "grey");
    Dataset resized = Datasets.open(Settings.of(section));
    assertThat(resized.info().shape()).containsExactly(1, 4, 4);
    ReaderFuzz.readAll(resized);
    Dataset cropped = Datasets.open(Settings.of(Map.of("path", set.toString(), "crop", 5)));
    assertThat(cropped.info().shape()).containsExactly(3, 5, 5);
    assertThat(cropped.read(1)[0]).isCloseTo(other.image(0)[8 + 1], within(0f));
  }

  @Test
  void brokenImagesAreNamed() throws IOException {
    byte[] png = COLOUR.encoded(0, "png");
    byte[] jpg = COLOUR.encoded(1, "jpg");
    put("set/a/1.png", Arrays.copyOf(png, png.length - 20));
    put("set/b/2.jpg", Arrays.copyOf(jpg, jpg.length - 30));
    Dataset data = open(folder.resolve("set"));
    for (int i = 0; i < 2; i++) {
      int index = i;
      assertThatThrownBy(() -> data.read(index))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining(i == 0 ? "a/1.png" : "b/2.jpg")
          .hasMessageContaining("truncated");
    }
    put("set/b/3.png", "text");
    assertThatThrownBy(() -> open(folder.resolve("set"))).hasMessageContaining("b/3.png");
  }

  @Test
  void unknownSourcesListTheFormats() throws IOException {
    Path text = put("notes.txt", "hello");
    assertThatThrownBy(() -> open(text)).hasMessageContaining("safetensors");
    assertThatThrownBy(() -> open(folder.resolve("nothing")))
        .isInstanceOf(InvalidInputException.class);
    Path zip = put("bad.zip", "PK no");
    assertThatThrownBy(() -> open(zip)).hasMessageContaining("zip");
    assertThatThrownBy(
            () -> Datasets.open(Settings.of(Map.of("path", "x", "reszie", 3, "layout", "hwc"))))
        .hasMessageContaining("resize")
        .hasMessageContaining("hwc");
  }

  @Test
  void optionsStandInBracketsBehindThePath() throws IOException {
    Path zip = put("p [1]/c.zip", COLOUR.imageZip("png"));
    Dataset data = Datasets.open(zip + "[resize=[4,3],colour=grey]");
    assertThat(data.info().shape()).containsExactly(1, 4, 3);
    assertThat(Datasets.open(zip + "[crop=5]").info().shape()).containsExactly(3, 5, 5);
    assertThatThrownBy(() -> Datasets.open(zip + "[reszie=4,colour=gray]"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("resize")
        .hasMessageContaining("colour");
    assertThatThrownBy(() -> Datasets.open(zip + "[resize=4x4]"))
        .hasMessageContaining("resize")
        .hasMessageContaining("4x4");
    assertThatThrownBy(() -> Datasets.open("embedded:fashion-mnist/test[resize=4]"))
        .hasMessageContaining("without options");
    Path literal = put("d[crop=5].zip", COLOUR.imageZip("png"));
    assertThat(open(literal).info().shape()).containsExactly(3, 6, 5);
    put("e[crop=5]/a/1.png", COLOUR.encoded(0, "png"));
    put("e[crop=5]/b/2.png", COLOUR.encoded(1, "png"));
    assertThat(open(folder.resolve("e[crop=5]")).info().shape()).containsExactly(3, 6, 5);
    assertThatThrownBy(() -> open(zip.resolveSibling("absent[2]")))
        .hasMessageContaining("absent[2]");
  }

  @Test
  void optionsInBracketsServeExperimentFilesToo() throws IOException {
    Path zip = put("c.zip", COLOUR.imageZip("png"));
    Problems problems = new Problems("x.yaml");
    SettingsReader reader =
        Settings.of(Map.of("train", zip + "[crop=5]", "test", zip + "[crop=no]")).reader(problems);
    assertThat(DataSource.read(reader, "train").open().info().shape()).containsExactly(3, 5, 5);
    DataSource.read(reader, "test");
    assertThatThrownBy(problems::throwIfAny)
        .hasMessageContaining("test")
        .hasMessageContaining("crop")
        .hasMessageContaining("no");
  }
}
