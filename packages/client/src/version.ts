/** Who asks, as servers see it. */

/** The name and version of this SDK: `pnsdk` of every request. */
export const sdkName = "hereabouts-ts/0.1.0";
