package io.holdfast.record;

import org.jspecify.annotations.Nullable;

/**
 * Calibration without and with an attacker.
 *
 * @param clean of clean samples; null where the model gives no confidence
 * @param attacked of the worst attack on each sample; null where no attack was run
 */
public record CalibrationPair(@Nullable Calibration clean, @Nullable Calibration attacked) {}
