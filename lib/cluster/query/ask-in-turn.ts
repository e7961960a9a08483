/**
 * Asks one after the other until `ask` gives true for one, or all have answered. The next is asked once one gives false or has
 * not answered for `hedgeMillis`, of which `slow` is told. The first error ends it.
 */
export function askInTurn<T>(
  items: readonly T[],
  ask: (item: T) => Promise<boolean>,
  hedgeMillis: number,
  slow: () => void = () => {},
): Promise<void> {
  const left = [...items]
  let underWay = 0
  let timer: NodeJS.Timeout | undefined
  const asking = new Promise<void>((resolve, reject) => {
    const hedge = () => {
      slow()
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
      if (left.length > 0) timer = setTimeout(hedge, hedgeMillis)
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
