/** Items next to each other, so many that a batch has at least `count` spans, but for the last one. */
export function* bySpanCount<T extends { readonly spanCount: number }>(
  items: Iterable<T>,
  count: number,
): Iterable<readonly T[]> {
  let batch: T[] = []
  let spanCount = 0
  for (const item of items) {
    batch.push(item)
    spanCount += item.spanCount
    if (spanCount < count) continue
    yield batch
    batch = []
    spanCount = 0
  }
  if (batch.length > 0) yield batch
}
