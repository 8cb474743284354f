package io.holdfast.attack.library;

/**
 * Where the clean input of an example comes from, and what may be done with it.
 *
 * @param data name of the data set, such as {@code fashion-mnist/test}
 * @param dataHash its content hash, SHA-256; empty where unknown
 * @param sampleId stable id in the data set
 * @param licence SPDX identifier or sentence; empty where unknown
 * @param consent tag of the consent under which the sample was collected; empty where none is kept
 * @param className name of the sample's class, which says more than its number, since data sets
 *     number their classes each in its own way; empty where unknown
 */
public record SampleSource(
    String data,
    String dataHash,
    long sampleId,
    String licence,
    String consent,
    String className) {}
