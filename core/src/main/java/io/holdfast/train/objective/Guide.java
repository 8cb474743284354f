package io.holdfast.train.objective;

/**
 * Another model that an objective learns from, such as a teacher. It stays as it is, or is trained
 * beside.
 *
 * @param role the key that names it in experiment files, such as {@code teacher}
 * @param path of its bundle; empty where a program hands it over, or it is trained beside
 * @param beside whether it is a network of the same layers that is trained with the objective's own
 */
public record Guide(String role, String path, boolean beside) {
  /** What stands in files in place of a path. */
  static final String BESIDE = "beside";

  /** A finished model. */
  public Guide(String role, String path) {
    this(role, path, false);
  }

  /** One that a program hands over. */
  public static Guide given(String role) {
    return new Guide(role, "");
  }

  /** One that is trained with the objective's own network. */
  public static Guide beside(String role) {
    return new Guide(role, "", true);
  }

  /** The same role from a bundle. */
  public Guide from(String bundle) {
    return new Guide(role, bundle);
  }

  /** The role: what makes runs equal is the model, wherever it lies. */
  @Override
  public String toString() {
    return beside ? role + " " + BESIDE : role;
  }
}
