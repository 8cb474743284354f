package io.holdfast.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {
  private static Map<String, Tensor> some() {
    Map<String, Tensor> all = new LinkedHashMap<>();
    all.put("z", Tensors.of(new float[] {1, -2, Float.NaN}, 3));
    all.put("a", Tensors.of(new long[] {1, 2, 3, 4}, 2, 2));
    all.put("scalar", Tensors.full(DType.FLOAT64, 0.1));
    all.put("empty", Tensors.zeros(0, 3));
    all.put("flags", Tensors.of(new boolean[] {true, false}, 2));
    all.put("half", Tensors.ones(3).to(DType.BFLOAT16));
    return all;
  }

  @Test
  void whatIsWrittenIsReadBackInOrder(@TempDir Path folder) {
    Path file = folder.resolve("t.safetensors");
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> written = some();
      Safetensors.write(file, written, Map.of("by", "test"));
      Safetensors read = Safetensors.read(file);
      assertThat(read.names()).containsExactlyElementsOf(written.keySet());
      assertThat(read.header().metadata()).containsEntry("by", "test");
      written.forEach(
          (name, t) -> {
            assertThat(read.tensor(name).shape()).isEqualTo(t.shape());
            assertThat(read.tensor(name).type()).isEqualTo(t.type());
            assertThat(read.tensor(name).toBytes()).isEqualTo(t.toBytes());
          });
      assertThat(Safetensors.toBytes(some(), Map.of("by", "test")))
          .isEqualTo(Safetensors.toBytes(written, Map.of("by", "test")));
      assertThatThrownBy(() -> read.tensor("emtpy")).hasMessageContaining("did you mean empty?");
    }
  }

  @Test
  void everyTruncationIsRefused() {
    try (Scope scope = Scope.open()) {
      byte[] whole = Safetensors.toBytes(some(), Map.of());
      for (int n = 0; n < whole.length; n++) {
        byte[] cut = Arrays.copyOf(whole, n);
        assertThatThrownBy(() -> Safetensors.parse(cut, "cut"))
            .isInstanceOf(InvalidInputException.class)
            .hasMessageContaining("cut");
      }
    }
  }

  @Test
  void damagedHeadersAreReadOrRefusedButNeverCrash() {
    try (Scope scope = Scope.open()) {
      byte[] whole = Safetensors.toBytes(some(), Map.of());
      int header = (int) ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong() + 8;
      RandomGenerator random = new Seed(11).generator();
      int refused = 0;
      for (int round = 0; round < 2000; round++) {
        byte[] damaged = whole.clone();
        for (int k = 0; k <= random.nextInt(3); k++) {
          damaged[random.nextInt(header)] = (byte) random.nextInt(256);
        }
        try {
          Safetensors.parse(damaged, "damaged").tensors();
        } catch (InvalidInputException e) {
          refused++;
        }
      }
      assertThat(refused).isGreaterThan(1000);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,4]}} | 8 bytes for F32 [2]",
        "{'a':{'dtype':'F32','shape':[4],'data_offsets':[0,16]}} | f: expected 16 bytes of data, as its header says, found 8 bytes (the file is truncated)",
        "{'a':{'dtype':'F16X','shape':[2],'data_offsets':[0,8]}} | a.dtype: expected one of",
        "{'a':{'dtype':'F16','shape':[4],'data_offsets':[0,8]}} | a.dtype: expected one of [F32, F64, BF16",
        "{'a':{'dtype':'F32','shape':[-2],'data_offsets':[0,8]}} | a.shape: expected a list of whole",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}} | expected 4 bytes of data, found 8",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}} | leaves a gap before it",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'b':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}}"
            + " | overlaps another tensor",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}"
            + " | Duplicate",
        "{'a':{'dtype':'F32','shape':[4294967296,4294967296],'data_offsets':[0,8]}} | fits into a file",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8],'x':1}} | a.x",
        "{'__metadata__':{'k':1},'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | __metadata__.k",
        "[1] | a header that is a JSON object",
      })
  void headersAreReadStrictly(String header, String message) {
    byte[] json = header.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    byte[] file =
        ByteBuffer.allocate(16 + json.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(json.length)
            .put(json)
            .array();
    assertThatThrownBy(() -> Safetensors.parse(file, "f"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(message);
  }
}
