/** Random graphs and networks to check fast paths against slow ones. */
@NullMarked
package io.holdfast.testkit.graph;

import org.jspecify.annotations.NullMarked;
