/** How far work may run ahead of who takes its results. */
export interface Ahead<Item> {
  /** No more items are under way than this. */
  readonly width: number
  /** Whether the item after this one may be fetched before the result of this one is taken. */
  mayFollow(item: Item): boolean
}

/**
 * The results of work on items, in the order of the items, whichever is done first. The first error by that order ends it,
 * as does the reader that takes no more. `work` is also told when all items before are done.
 */
export async function* inOrder<Item, Result>(
  items: AsyncIterable<Item> | Iterable<Item>,
  { width, mayFollow }: Ahead<Item>,
  work: (item: Item, before: Promise<unknown>) => Promise<Result>,
): AsyncIterable<Result> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]()
  const underWay: Promise<Result>[] = []
  let before: Promise<unknown> = Promise.resolve()
  let [isOpen, mayFetch] = [true, true]
  const add = (result: Promise<Result>) => {
    // Without what they gave: it would hold all results to the end.
    before = Promise.allSettled([before, result]).then(() => {})
    underWay.push(result)
  }
  const fetch = async () => {
    try {
      const { done, value } = await iterator.next()
      isOpen = !done
      if (done) return
      mayFetch = mayFollow(value)
      add(work(value, before))
    } catch (error) {
      isOpen = false
      add(Promise.reject(error))
    }
  }
  try {
    for (;;) {
      while (isOpen && underWay.length < width && (mayFetch || underWay.length === 0)) await fetch()
      if (underWay.length === 0) return
      yield await underWay.shift()!
    }
  } finally {
    await iterator.return?.()
    await before
  }
}
