export interface TurnConfig<T> {
  /** The next is asked as well where one has not answered after so long, */
  readonly hedgeMillis: number
  /** and this is called with that one. */
  readonly slow: (item: T) => void
}

/**
 * Asks one after the other until `ask` gives true for one, or all have answered. The next is asked once one gives false or is
 * slow. The first error ends it.
 */
export function askInTurn<T>(
  items: readonly T[],
  ask: (item: T) => Promise<boolean>,
  { hedgeMillis, slow }: TurnConfig<T>,
): Promise<void> {
  const left = [...items]
  let underWay = 0
  let timer: NodeJS.Timeout | undefined
  const asking = new Promise<void>((resolve, reject) => {
    const hedge = (item: T) => {
      slow(item)
      next()
    }
    const answered = (isEnough: boolean) => {
      underWay--
      if (isEnough || (underWay === 0 && left.length === 0)) resolve()
      else next()
    }
    const next = () => {
      clearTimeout(timer)
      if (left.length === 0) return
      underWay++
      const item = left.shift()!
      if (left.length > 0) timer = setTimeout(hedge, hedgeMillis, item)
      ask(item).then(answered, reject)
    }
    if (left.length === 0) resolve()
    next()
  })
  return asking.finally(() => {
    clearTimeout(timer)
    left.length = 0
  })
}
