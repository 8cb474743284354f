package io.holdfast.train;

/**
 * What is looked at between steps, in gradients of inputs per sample of a batch; 0 for nothing.
 *
 * @param validation one at each epoch's end
 * @param needed whether something depends on it
 * @param probe one for catastrophic overfitting
 * @param every steps between two of these
 * @param statistics steps whose passes batch norms of a mean of weights are measured by in the end
 */
record LookCosts(double validation, boolean needed, double probe, int every, int statistics) {
  /**
   * Those of a run.
   *
   * @param validated samples of a validation, 0 for none
   * @param probed samples of a probe, 0 for none
   * @param normed whether the network has batch norms
   */
  static LookCosts of(
      TrainSettings settings, int validated, int probed, int batch, boolean normed) {
    Methods methods = settings.methods();
    OverfittingGuard guard = methods.guard();
    return new LookCosts(
        (double) validated * (settings.validationSteps() + 1) / batch,
        settings.keepBest()
            || settings.patience() > 0
            || methods.advance() != null
            || methods.measures(),
        guard == null ? 0 : (double) probed * (guard.steps() + 1) / batch,
        guard == null ? 1 : guard.every(),
        methods.swa() == null || !normed ? 0 : methods.swa().batches());
  }
}
