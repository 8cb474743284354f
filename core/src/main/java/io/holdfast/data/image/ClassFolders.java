package io.holdfast.data.image;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Images by class: the folder that holds a file is its class. Folders around the class folders do
 * not count, such as {@code train/} in {@code train/cat/1.png}. Where no labels are wanted no
 * folder counts.
 *
 * @param classes names; labels are positions in this list
 * @param paths of the images, by class and name
 * @param labels of the images
 */
record ClassFolders(List<String> classes, List<String> paths, List<Integer> labels) {
  private static final int SHOWN = 5;

  /**
   * Sorts out which files are images of which class.
   *
   * @param files all files, relative, with {@code /}
   */
  static ClassFolders of(String source, Collection<String> files, ReadOptions options) {
    Problems problems = new Problems(source);
    SortedMap<String, TreeSet<String>> byFolder = new TreeMap<>();
    String split = options.split();
    List<String> images =
        files.stream().filter(file -> isImage(file) && isIn(split, file)).toList();
    if (options.use() == LabelUse.NONE && !images.isEmpty()) {
      return unlabelled(images, options.classes());
    }
    int outside = 0;
    for (String file : images) {
      int slash = file.lastIndexOf('/');
      if (slash >= 0) {
        byFolder.computeIfAbsent(file.substring(0, slash), f -> new TreeSet<>()).add(file);
      } else if (outside++ < SHOWN) {
        problems.add("", "one folder of images per class", file + " outside any folder");
      }
    }
    problems.throwIfAny();
    if (byFolder.isEmpty()) {
      String expected =
          options.use() == LabelUse.NONE
              ? "PNG or JPEG images"
              : "folders of PNG or JPEG images, one per class";
      String found = split == null ? "no image" : "no image in a folder named " + split;
      throw new InvalidInputException(source, "", expected, found);
    }
    checkLevel(source, byFolder.keySet());
    return collect(source, byFolder, options.classes());
  }

  private static boolean isIn(@Nullable String split, String file) {
    return split == null || Arrays.asList(file.split("/", -1)).contains(split);
  }

  private static int folderEnd(String path) {
    return Math.max(0, path.lastIndexOf('/'));
  }

  private static ClassFolders unlabelled(List<String> images, @Nullable List<String> stated) {
    Comparator<String> byFolder = Comparator.comparing(path -> path.substring(0, folderEnd(path)));
    List<String> paths = // as with labels, so that the same files have the same hash
        images.stream().sorted(byFolder.thenComparing(Comparator.naturalOrder())).toList();
    List<String> classes = stated != null ? stated : List.of("0");
    return new ClassFolders(classes, paths, Collections.nCopies(paths.size(), 0));
  }

  private static ClassFolders collect(
      String source, SortedMap<String, TreeSet<String>> byFolder, @Nullable List<String> stated) {
    List<String> classes =
        stated != null ? stated : byFolder.keySet().stream().map(f -> last(f)).sorted().toList();
    Problems problems = new Problems(source);
    List<String> paths = new ArrayList<>();
    List<Integer> labels = new ArrayList<>();
    byFolder.forEach(
        (folder, files) -> {
          int label = classes.indexOf(last(folder));
          if (label < 0) {
            problems.add("classes", "a folder for one of " + classes, folder);
          }
          for (String file : files) {
            paths.add(file);
            labels.add(label);
          }
        });
    problems.throwIfAny();
    return new ClassFolders(List.copyOf(classes), List.copyOf(paths), List.copyOf(labels));
  }

  private static void checkLevel(String source, Collection<String> folders) {
    TreeSet<String> parents = new TreeSet<>();
    folders.forEach(f -> parents.add(f.contains("/") ? f.substring(0, f.lastIndexOf('/')) : "."));
    if (parents.size() > 1) {
      String found =
          "class folders below " + String.join(", ", parents.stream().limit(SHOWN).toList());
      throw new InvalidInputException(
          source, "", "class folders side by side", found, "say which with split: NAME");
    }
  }

  private static boolean isImage(String file) {
    String lower = file.toLowerCase(Locale.ROOT);
    boolean named = lower.endsWith(".png") || lower.endsWith(".jpg") || lower.endsWith(".jpeg");
    return named && !("/" + file).contains("/.") && !file.contains("__MACOSX/");
  }

  private static String last(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** {@code class/file} of an image, whatever lies around the class folders. */
  String shortPath(int index) {
    String path = paths.get(index);
    int slash = path.lastIndexOf('/', path.lastIndexOf('/') - 1);
    return path.substring(slash + 1);
  }
}
