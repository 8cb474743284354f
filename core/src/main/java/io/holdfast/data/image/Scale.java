package io.holdfast.data.image;

/** How the numbers of a file that does not tell it are read as values in [0, 1]. */
public enum Scale {
  /** Integers from 0 to 255, read as value/255. */
  BYTE,
  /** Numbers in [0, 1], read as they are. */
  UNIT
}
