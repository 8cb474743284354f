/** The command line: parses, calls core, prints. */
@NullMarked
package io.holdfast.cli;

import org.jspecify.annotations.NullMarked;
