import { Bench } from 'tinybench'
import type { Seconds } from './clock.ts'

/** Several rounds of one measurement. */
export interface Summary {
  /** Wall and CPU seconds, each the median of its rounds. */
  median: Seconds
  /** Median absolute deviation of the CPU seconds, as a share of their median. */
  spread: number
}

/** Runs `measure` exactly `rounds` times, without a warm-up of its own: the pass that proved the row was one. */
export async function summarise(rounds: number, measure: () => Promise<Seconds>): Promise<Summary> {
  const walls: number[] = []
  const bench = new Bench({ iterations: rounds, time: 0, warmup: false, throws: true })
  bench.add('round', async () => {
    const { wall, cpu } = await measure()
    walls.push(wall)
    return { overriddenDuration: cpu * 1e3 }
  })
  const [task] = await bench.run()
  const result = task!.result
  if (!('latency' in result)) throw new Error('the rounds did not finish')
  const { p50, mad } = result.latency
  return { median: { wall: median(walls), cpu: p50 / 1e3 }, spread: p50 > 0 ? mad / p50 : 0 }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
