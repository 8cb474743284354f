package io.holdfast.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.common.HoldfastException;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsOfTheEngineTest {
  @ParameterizedTest
  @ValueSource(strings = {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "CPU", "cuda:1234"})
  void unknownDevicesAreRefused(String text) {
    assertThatThrownBy(() -> Device.parse(text))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("auto, cpu or cuda:N");
  }

  @Test
  void theProcessorIsAlwaysThere() {
    assertThat(Device.parse("cpu")).isEqualTo(Device.CPU);
    assertThat(Device.parse("auto")).isEqualTo(Device.CPU);
    assertThat(Device.CPU).hasToString("cpu");
    assertThat(new Device(2)).hasToString("cuda:2");
  }

  @Test
  void cudaWithoutCudaSaysWhatToDo() {
    assertThatThrownBy(() -> Device.parse("cuda:1", 0))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "device: expected a device that this build can reach, found cuda:1 (build with the"
                + " Maven profile cuda on a machine with an NVIDIA GPU, or use device: cpu)");
  }

  @Test
  void cudaDevicesAreCounted() {
    assertThat(Device.parse("auto", 0)).isEqualTo(Device.CPU);
    assertThat(Device.parse("auto", 2)).isEqualTo(new Device(0));
    assertThat(Device.parse("cpu", 2)).isEqualTo(Device.CPU);
    assertThat(Device.parse("cuda", 1)).isEqualTo(new Device(0));
    assertThat(Device.parse("cuda:7", 8)).isEqualTo(new Device(7));
    assertThatThrownBy(() -> Device.parse("cuda:7", 4))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("device: expected cuda:0 to cuda:3, the devices of this machine, found cuda:7");
    assertThatThrownBy(() -> Device.parse("cuda:1", 1))
        .hasMessage("device: expected cuda:0, the only device of this machine, found cuda:1");
  }

  @Test
  void bfloat16IsRefusedWhereTheProcessorLacksIt() {
    Problems problems = new Problems("test.yaml");
    Precision.parse("bfloat16", "train.precision", problems, false);
    assertThatThrownBy(problems::throwIfAny)
        .hasMessageContaining("train.precision")
        .hasMessageContaining("use auto or float32");
    Problems none = new Problems("test.yaml");
    assertThat(Precision.parse("auto", "p", none, false)).isEqualTo(Precision.FLOAT32);
    assertThat(Precision.parse("auto", "p", none, true)).isEqualTo(Precision.BFLOAT16);
    assertThat(Precision.parse("bfloat16", "p", none, true)).isEqualTo(Precision.BFLOAT16);
    assertThat(Precision.parse("auto", "p", none, new Device(0))).isEqualTo(Precision.FLOAT32);
    assertThat(Precision.parse("bfloat16", "p", none, new Device(0))).isEqualTo(Precision.BFLOAT16);
    assertThat(none.isEmpty()).isTrue();
  }

  @Test
  void unknownPrecisionsAreRefused() {
    Problems problems = new Problems("test.yaml");
    Precision.parse("float16", "train.precision", problems, Device.CPU);
    assertThatThrownBy(problems::throwIfAny).hasMessageContaining("auto, float32 or bfloat16");
  }

  @Test
  void hugeTensorsAreRefusedBeforeTheyAreMade() {
    try (Scope scope = Scope.open()) {
      assertThatThrownBy(() -> Tensors.zeros(1L << 45))
          .isInstanceOf(HoldfastException.class)
          .hasMessageContaining("out of memory")
          .hasMessageContaining("131072.0 GiB more")
          .hasMessageContaining("smaller batch");
    }
  }

  @Test
  void allocationsThatTheSystemRefusesAreExplained() {
    try (Scope scope = Scope.open();
        Workers workers = Workers.of(1)) {
      Tensor one = Tensors.ones(1);
      assertThatThrownBy(() -> workers.map(1, i -> one.expand(1L << 45).clone().item()))
          .isInstanceOf(HoldfastException.class)
          .hasMessageContaining("out of memory: the system has no room for 131072.0 GiB");
    }
  }

  @Test
  void refusalsWithoutASizeAreExplainedToo() {
    assertThat(Engine.explained(new RuntimeException("std::bad_alloc")))
        .isInstanceOf(HoldfastException.class)
        .hasMessageStartingWith("out of memory: the system has no room; use a smaller batch");
  }

  @Test
  void otherFailuresStayWhatTheyAre() {
    RuntimeException shape = new RuntimeException("size mismatch\nException raised from ...");
    assertThat(Engine.explained(shape)).isSameAs(shape);
    assertThat(Engine.plain(shape)).isEqualTo("size mismatch");
  }
}
