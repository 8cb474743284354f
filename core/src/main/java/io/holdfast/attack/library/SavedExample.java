package io.holdfast.attack.library;

/**
 * An example with all that is known of it.
 *
 * @param entry its description
 * @param content its numbers
 */
public record SavedExample(Entry entry, Content content) {}
