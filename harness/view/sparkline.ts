const blocks = '▁▂▃▄▅▆▇█'

/**
 * A line of block characters, from 0 or the least value below it to the largest; gaps where there is no value (NaN). Of
 * more values than `width` several share a character, of which the largest counts.
 */
export function sparkline(values: readonly number[], width: number): string {
  const shown = squeeze(values, width)
  const finite = shown.filter(Number.isFinite)
  const low = Math.min(0, ...finite)
  const high = Math.max(0, ...finite)
  const levelOf = (value: number) => (high === low ? 0 : Math.floor(((value - low) / (high - low)) * blocks.length))
  return shown
    .map(value => {
      if (Number.isNaN(value)) return ' '
      if (!Number.isFinite(value)) return value > 0 ? '↑' : '↓'
      return blocks[Math.min(blocks.length - 1, levelOf(value))]
    })
    .join('')
}

/** No more than `count` values: the largest of equal parts, NaN for a part without one. */
export function squeeze(values: readonly number[], count: number): number[] {
  if (values.length <= count) return [...values]
  return Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * values.length) / count)
    const to = Math.floor(((i + 1) * values.length) / count)
    let largest = Number.NaN
    for (let at = from; at < to; at++)
      if (!(values[at]! <= largest) && !Number.isNaN(values[at]!)) largest = values[at]!
    return largest
  })
}
