/** The first and the last of some times, ns since the epoch. */
export type Extent = readonly [first: bigint, last: bigint]

/** What all extents lie in; undefined where there is none, or one of them is not known. */
export function unionOf(extents: Iterable<Extent | undefined>): Extent | undefined {
  let union: Extent | undefined
  for (const extent of extents) {
    if (extent === undefined) return undefined
    const [first, last] = union ?? extent
    union = [extent[0] < first ? extent[0] : first, extent[1] > last ? extent[1] : last]
  }
  return union
}

/** Whether one of the times may be in a range, of which both ends may be open. */
export function isInTime(
  [first, last]: Extent,
  { startNanos, endNanos }: { readonly startNanos?: bigint | undefined; readonly endNanos?: bigint | undefined },
): boolean {
  return (startNanos === undefined || last >= startNanos) && (endNanos === undefined || first < endNanos)
}

/** The extent with one more time in it. */
export function widened(extent: Extent | undefined, time: bigint): Extent {
  if (extent === undefined) return [time, time]
  if (time < extent[0]) return [time, extent[1]]
  return time > extent[1] ? [extent[0], time] : extent
}
