package io.holdfast.data.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.Scope;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ElementTypeTest {
  private static final int ALL = 1 << 16;

  private static byte[] everyPattern() {
    ByteBuffer bytes = ByteBuffer.allocate(2 * ALL).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < ALL; i++) {
      bytes.putShort((short) i);
    }
    return bytes.array();
  }

  @Test
  void everyNumberInHalfPrecisionIsThatOfTheEngine(@TempDir Path folder) throws IOException {
    byte[] bytes = everyPattern();
    String header = "{\"x\":{\"dtype\":\"F16\",\"shape\":[65536],\"data_offsets\":[0,131072]}}";
    ByteBuffer all =
        ByteBuffer.allocate(8 + header.length() + bytes.length).order(ByteOrder.LITTLE_ENDIAN);
    all.putLong(header.length()).put(header.getBytes(StandardCharsets.US_ASCII)).put(bytes);
    Path file = Files.write(folder.resolve("x.safetensors"), all.array());
    try (Scope scope = Scope.open()) {
      float[] expected = Safetensors.readWeights(file).tensor("x").toFloats();
      for (int i = 0; i < ALL; i++) {
        assertThat((float) ElementType.FLOAT16.real(bytes, 2 * i))
            .as("%04x", i)
            .isEqualTo(Float.valueOf(expected[i]));
      }
    }
  }

  @Test
  void bfloat16IsTheUpperHalfOfFloat32() {
    byte[] bytes = everyPattern();
    for (int i = 0; i < ALL; i++) {
      float expected = Float.intBitsToFloat(i * ALL);
      assertThat((float) ElementType.BFLOAT16.real(bytes, 2 * i))
          .isEqualTo(Float.valueOf(expected));
    }
  }
}
