package io.holdfast.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.common.Seed;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The stand-in device: what carries its mark, and what fails on two marks. */
@EnabledIfSystemProperty(named = "holdfast.devicecheck", matches = "true")
class DeviceCheckTest {
  private static final Device THERE = new Device(0);

  private static Tensor values() {
    return Rng.of(new Seed(1)).uniform(0.1, 1, 4, 4);
  }

  /** An operation on what may lie elsewhere and on what lies on the processor. */
  private record Meeting(String name, Function<Tensor, Object> with) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Tensor positions() {
    return Tensors.of(new long[] {1, 0}, 2);
  }

  private static List<Meeting> meetings() {
    return List.of(
        new Meeting("add", x -> x.add(values())),
        new Meeting("a number of no dimensions", x -> x.mul(values().sum())),
        new Meeting("in place", x -> x.addInPlace(values())),
        new Meeting("where", x -> Tensors.where(x.gt(0), x, values())),
        new Meeting("cat", x -> Tensors.cat(List.of(x, values()), 0)),
        new Meeting("rows", x -> x.indexSelect(0, positions())),
        new Meeting(
            "rows written", x -> x.indexCopyInPlace(0, positions(), x.slice(0, 0, 2).clone())),
        new Meeting("bounds", x -> x.clampInPlace(x.mul(0), values())),
        new Meeting("equality", x -> x.sameAs(values())),
        new Meeting("weights", x -> Nn.linear(x, values(), null)),
        new Meeting("labels", x -> Nn.crossEntropy(x, Tensors.range(4))),
        new Meeting("mask", x -> Kernels.reluBackwardInPlace(x, values())),
        new Meeting("bits", x -> OrderedBits.mask(x, values())),
        new Meeting(
            "cotangent",
            x -> {
              Tensor leaf = x.asLeaf();
              return Autograd.vjp(leaf.square(), leaf, values());
            }));
  }

  @ParameterizedTest
  @MethodSource("meetings")
  void operationsOnTwoDevicesFail(Meeting meeting) {
    try (Scope scope = Scope.open()) {
      assertThat(meeting.with().apply(values())).isNotNull();
      assertThatThrownBy(() -> meeting.with().apply(values().to(THERE)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("cuda:0")
          .hasMessageContaining("cpu");
      assertThat(meeting.with().apply(values())).as("what failed leaves no trace").isNotNull();
    }
  }

  @Test
  void resultsLieWhereTheirOperandsDo() {
    try (Scope scope = Scope.open();
        SharedScope owner = Scope.shared()) {
      Tensor x = values().to(THERE);
      Tensor.Ranked ranked = x.sort(1, true);
      Tensor kept = Scope.tidy(() -> x.mul(2));
      List<Tensor> all =
          List.of(
              x,
              x.select(0, 1),
              x.add(1),
              ranked.values(),
              ranked.positions(),
              x.addInPlace(1),
              Tensors.zerosLike(x),
              x.gt(0),
              x.to(DType.FLOAT64),
              Nn.oneHot(ranked.positions().select(0, 0), 4),
              kept,
              owner.adopt(x));
      assertThat(all).allSatisfy(t -> assertThat(t.device()).isEqualTo(THERE));
      assertThat(x.to(Device.CPU).device()).isEqualTo(Device.CPU);
      assertThat(Tensors.zeros(x.shape()).device()).isEqualTo(Device.CPU);
    }
  }

  @Test
  void derivativesLieWhereTheirInputsDo() {
    try (Scope scope = Scope.open()) {
      Tensor leaf = values().to(THERE).asLeaf();
      Tensor rounded = Autograd.straightThrough(leaf, leaf.detach().round());
      Tensor ours = Autograd.custom(rounded, rounded.detach().mul(3), g -> g.mul(3));
      Tensor slope = Autograd.grad(ours.sum(), leaf);
      assertThat(slope.device()).isEqualTo(THERE);
      assertThat(slope.toFloats()).containsOnly(3);
      Tensor bad = Autograd.custom(leaf, leaf.detach(), g -> g.mul(values()));
      assertThatThrownBy(() -> Autograd.grad(bad.sum(), leaf)).hasMessageContaining("cuda:0");
    }
  }

  @Test
  void copiesGoFromDeviceToDevice() {
    try (Scope scope = Scope.open()) {
      Tensor here = values();
      Tensor there = here.to(THERE);
      there.fillInPlace(0);
      assertThat(here.sum().item()).as("another memory").isPositive();
      there.copyFrom(here);
      assertThat(there.toFloats()).isEqualTo(here.toFloats());
      Tensor same = there.to(THERE);
      same.fillInPlace(2);
      assertThat(there.toFloats()).as("the same memory").containsOnly(2);
    }
  }
}
