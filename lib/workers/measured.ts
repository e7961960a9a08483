/** Items, after so much of them was fetched that it is known whether they are large. */
export interface Measured<T> {
  readonly isLarge: boolean
  readonly items: AsyncIterable<T>
}

/** Fetches items until their sizes come to `minSize`, or all there are. An error comes after the items before it. */
export async function measured<T>(
  items: AsyncIterable<T>,
  sizeOf: (item: T) => number,
  minSize: number,
): Promise<Measured<T>> {
  const iterator = items[Symbol.asyncIterator]()
  const fetched: Promise<IteratorResult<T>>[] = []
  let size = 0
  while (size < minSize) {
    const next = iterator.next()
    fetched.push(next)
    const result = await next.catch(() => undefined)
    if (result === undefined || result.done) break
    size += sizeOf(result.value)
  }
  return { isLarge: size >= minSize, items: chained(fetched, iterator) }
}

async function* chained<T>(fetched: Promise<IteratorResult<T>>[], rest: AsyncIterator<T>): AsyncIterable<T> {
  try {
    for (;;) {
      const { done, value } = await (fetched.shift() ?? rest.next())
      if (done) return
      yield value
    }
  } finally {
    await rest.return?.()
  }
}
