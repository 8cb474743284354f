/** Libraries of adversarial examples for tests. */
@NullMarked
package io.holdfast.testkit.library;

import org.jspecify.annotations.NullMarked;
