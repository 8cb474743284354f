package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.common.Format;
import io.holdfast.common.Json;
import io.holdfast.tensor.Engine;
import io.holdfast.tensor.Processor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

final class DoctorCommandTest {
  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void linksToFilesOfTheCacheTakeNoRoom(@TempDir Path folder) throws IOException {
    Path inner = Files.createDirectories(folder.resolve("engine/linux"));
    Path library = Files.write(inner.resolve("lib.so"), new byte[3000]);
    Files.write(folder.resolve("list"), new byte[24]);
    Files.createSymbolicLink(inner.resolve("lib.so.1"), library);
    Files.createSymbolicLink(inner.resolve("gone.so"), folder.resolve("gone"));
    assertThat(DoctorCommand.sizeOf(folder)).isEqualTo(3024);
    assertThat(DoctorCommand.sizeOf(folder.resolve("none"))).isZero();
  }

  @Test
  void itNamesTheCacheThatTheEngineUsesAndItsSize() {
    Ran doctor = Ran.command("doctor", "--json");
    assertThat(doctor.exit()).as(doctor.err()).isZero();
    Path cache = Engine.cacheFolder();
    assertThat(Json.parse(doctor.out(), "doctor").at("/engine cache/found").asText())
        .startsWith(cache + ", " + Format.bytes(DoctorCommand.sizeOf(cache)) + ", free ");
  }

  @Test
  void itSaysWhatItDidNotMeasure() {
    Ran doctor = Ran.command("doctor");
    String measured = "x on two 3x3 convolutions, forward and back";
    String not = "not measured: not native here";
    assertThat(doctor.out()).contains(Processor.hasBfloat16() ? measured : not);
  }
}
