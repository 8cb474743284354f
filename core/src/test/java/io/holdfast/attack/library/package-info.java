@NullMarked
package io.holdfast.attack.library;

import org.jspecify.annotations.NullMarked;
