/** The first of the whole numbers below `count` for which `test` holds, as it must for all after that; else `count`. */
export function firstWhere(count: number, test: (index: number) => boolean): number {
  let [low, high] = [0, count]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (test(middle)) high = middle
    else low = middle + 1
  }
  return low
}
