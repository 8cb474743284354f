/** What was seen: the ledger of attempts, the scorecard computed from it, and their records. */
@NullMarked
package io.holdfast.record;

import org.jspecify.annotations.NullMarked;
