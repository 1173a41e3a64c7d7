/** Median and spread of a handful of samples. */

/** The middle of some samples, with how far they lie apart. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly samples: readonly number[];
}

/** Summarises at least one sample. */
export function spreadOf(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    min: quantile(sorted, 0),
    max: quantile(sorted, 1),
    samples,
  };
}

/** The value below which a fraction 0-1 of some ascending samples lies; the nearest sample, or the mean of two for a median. */
export function quantile(ascending: ArrayLike<number>, fraction: number): number {
  const last = ascending.length - 1;
  if (last < 0) return Number.NaN;
  const at = fraction * last;
  const low = ascending[Math.floor(at)] ?? Number.NaN;
  const high = ascending[Math.ceil(at)] ?? Number.NaN;
  return fraction === 0.5 ? (low + high) / 2 : high;
}

/** A spread as `12.3 (11.9-13.0)`. */
export function showSpread(spread: Spread, digits: number): string {
  const show = (value: number): string => value.toFixed(digits);
  return `${show(spread.median)} (${show(spread.min)}-${show(spread.max)})`;
}
