package io.holdfast.attack.library;

import io.holdfast.bundle.Bundle;

/**
 * Which model.
 *
 * @param weights hash over names, shapes and values of all weights, which names the model
 * @param bundle id of the bundle that it was opened from; empty where there was none
 * @param architecture such as {@code small-cnn}, for the reader's eye; may be empty
 */
public record ModelOrigin(String weights, String bundle, String architecture) {
  /** That of a bundle's model. */
  public static ModelOrigin of(Bundle bundle) {
    return new ModelOrigin(bundle.network().hash(), bundle.id(), bundle.architecture());
  }
}
