/**
 * Asks Assay which training run to try next, reports while it trains, and obeys.
 *
 * <p>Begin with {@link dev.assay.Client}. {@code dev.assay.v1} has the messages of the contract.
 */
package dev.assay;
