package io.holdfast.data.image;

/** Which labels a source must have. */
public enum LabelUse {
  /** Those of a task: one for each sample, of two classes at least. */
  TASK,

  /** More samples of a task that others define: one for each sample, of one class or more. */
  MORE,

  /**
   * None: whatever stands there is not looked at, and every sample counts as of class 0. IDX and
   * CSV have labels by their form all the same, which must be numbers of classes.
   */
  NONE
}
