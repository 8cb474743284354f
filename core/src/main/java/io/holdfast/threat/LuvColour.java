package io.holdfast.threat;

/**
 * One colour in CIELUV, in double: the slow twin of {@link Luv}, with which it shares the
 * standards' constants alone.
 *
 * @param lightness L*, from 0 to 100
 * @param u u*
 * @param v v*
 */
record LuvColour(double lightness, double u, double v) {
  private static final double[][] TO_XYZ = {
    {0.4124564, 0.3575761, 0.1804375},
    {0.2126729, 0.7151522, 0.0721750},
    {0.0193339, 0.1191920, 0.9503041}
  };
  private static final double[][] FROM_XYZ = {
    {3.2404542, -1.5371385, -0.4985314},
    {-0.9692660, 1.8760108, 0.0415560},
    {0.0556434, -0.2040259, 1.0572252}
  };

  /** Of a colour in sRGB, red, green and blue in [0, 1]. */
  static LuvColour of(double... rgb) {
    double[] light = new double[3];
    for (int c = 0; c < 3; c++) {
      light[c] = rgb[c] <= 0.04045 ? rgb[c] / 12.92 : Math.pow((rgb[c] + 0.055) / 1.055, 2.4);
    }
    double[] xyz = times(TO_XYZ, light);
    double sum = xyz[0] + 15 * xyz[1] + 3 * xyz[2];
    double lightness = xyz[1] > Luv.DARK ? 116 * Math.cbrt(xyz[1]) - 16 : Luv.KAPPA * xyz[1];
    if (sum == 0) {
      return new LuvColour(0, 0, 0);
    }
    return new LuvColour(
        lightness,
        13 * lightness * (4 * xyz[0] / sum - Luv.WHITE_U),
        13 * lightness * (9 * xyz[1] / sum - Luv.WHITE_V));
  }

  /** In sRGB, clipped to [0, 1]. */
  double[] rgb() {
    double[] rgb = new double[3];
    if (lightness <= 0) {
      return rgb;
    }
    double chroma = within(0, u / (13 * lightness) + Luv.WHITE_U, Luv.MOST_CHROMA);
    double other = within(Luv.LEAST_V, v / (13 * lightness) + Luv.WHITE_V, Luv.MOST_CHROMA);
    double cube = Math.pow((lightness + 16) / 116, 3);
    double y = cube > Luv.DARK ? cube : lightness / Luv.KAPPA;
    double x = y * 9 * chroma / (4 * other);
    double z = y * (12 - 3 * chroma - 20 * other) / (4 * other);
    double[] light = times(FROM_XYZ, new double[] {x, y, z});
    for (int c = 0; c < 3; c++) {
      double inside = within(0, light[c], 1);
      rgb[c] =
          inside <= 0.04045 / 12.92 ? 12.92 * inside : 1.055 * Math.pow(inside, 1 / 2.4) - 0.055;
    }
    return rgb;
  }

  private static double within(double low, double value, double high) {
    return Math.min(high, Math.max(low, value));
  }

  private static double[] times(double[][] matrix, double[] vector) {
    double[] out = new double[3];
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 3; j++) {
        out[i] += matrix[i][j] * vector[j];
      }
    }
    return out;
  }
}
