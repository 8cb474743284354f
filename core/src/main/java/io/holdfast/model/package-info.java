/** What can be attacked: classifiers and what they can give. */
@NullMarked
package io.holdfast.model;

import org.jspecify.annotations.NullMarked;
