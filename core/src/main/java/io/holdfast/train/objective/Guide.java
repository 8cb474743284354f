package io.holdfast.train.objective;

/**
 * Another model that an objective learns from, such as a teacher. It stays as it is.
 *
 * @param role the key that names it in experiment files, such as {@code teacher}
 * @param path of its bundle; empty where a program hands it over
 */
public record Guide(String role, String path) {
  /** One that a program hands over. */
  public static Guide given(String role) {
    return new Guide(role, "");
  }

  /** The same role from a bundle. */
  public Guide from(String bundle) {
    return new Guide(role, bundle);
  }

  /** The role: what makes runs equal is the model, wherever it lies. */
  @Override
  public String toString() {
    return role;
  }
}
