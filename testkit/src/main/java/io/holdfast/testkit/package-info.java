/** What the tests of every module share. */
@NullMarked
package io.holdfast.testkit;

import org.jspecify.annotations.NullMarked;
