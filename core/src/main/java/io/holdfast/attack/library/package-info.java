/**
 * The curated library of adversarial examples: saved, verified at every load, shared, trained on.
 */
@NullMarked
package io.holdfast.attack.library;

import org.jspecify.annotations.NullMarked;
