/**
 * The self-contained report: one HTML file with charts, tables and pictures, a view over scorecards
 * that measures nothing itself.
 */
@NullMarked
package io.holdfast.report;

import org.jspecify.annotations.NullMarked;
