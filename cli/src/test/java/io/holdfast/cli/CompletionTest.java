package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The completion script, in a real bash. */
final class CompletionTest {
  private static Path script;

  @BeforeAll
  static void print(@TempDir Path folder) throws IOException {
    script = Files.writeString(folder.resolve("holdfast"), Ran.command("completion").out());
  }

  /**
   * What bash would offer for the last word, by the function that is registered for the command.
   */
  private static List<String> completions(String... words) throws Exception {
    assumeTrue(
        Stream.of(System.getenv("PATH").split(":", -1))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, "bash"))),
        "needs bash");
    String ask =
        """
        source "$1" || exit 3
        shift
        [[ $(complete -p "${1##*/}") =~ -F\\ ([^ ]+) ]] || exit 4
        COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1))
        COMP_LINE="$*"
        COMP_POINT=${#COMP_LINE}
        "${BASH_REMATCH[1]}" 2>/dev/null
        printf '%s\\n' "${COMPREPLY[@]}"
        """;
    List<String> command =
        Stream.concat(
                Stream.of("bash", "--noprofile", "--norc", "-c", ask, "ask", script.toString()),
                Stream.of(words))
            .toList();
    Process bash = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(bash.waitFor()).as(said).isZero();
    return said.lines().map(String::strip).toList();
  }

  @Test
  void bashCompletesOptionsOfACommand() throws Exception {
    assertThat(completions("holdfast", "harden", "--"))
        .contains("--out", "--resume", "--dry-run", "--set", "--workers")
        .doesNotContain("--architecture");
    assertThat(completions("./holdfast", "harden", "--dr")).containsExactly("--dry-run");
  }

  @Test
  void bashCompletesCommandsAndThoseBelowThem() throws Exception {
    assertThat(completions("holdfast", "har")).containsExactly("harden");
    assertThat(completions("holdfast", "library", "ver")).containsExactly("verify");
  }

  @Test
  void itsHeadIsOursAndSaysHowToInstallIt() throws IOException {
    List<String> head =
        Files.readString(script).lines().takeWhile(line -> line.startsWith("#")).toList();
    assertThat(head)
        .startsWith("#!/usr/bin/env bash")
        .contains("# bash/zsh completion for holdfast", "#   source <(./holdfast completion)");
    assertThat(script).content().doesNotContainIgnoringCase("picocli").doesNotContain("see [");
  }
}
