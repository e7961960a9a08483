import { Bench } from 'tinybench'
import { medianOf } from '../../lib/median.ts'
import type { Seconds } from './clock.ts'

/** Several rounds of one measurement. */
export interface Summary {
  /** Wall and CPU seconds, each the median of its rounds. */
  median: Seconds
  /** Median absolute deviation of the CPU seconds, as a share of their median; null for one round. */
  spread: number | null
}

/** CPU seconds of a phase that are enough for a steady median. */
const budgetSeconds = 0.2

/**
 * Runs `measure` exactly `rounds` times, or without a number until the measured CPU seconds reach the budget. There is
 * no warm-up: where a pass takes long, the first is the only one.
 */
export async function summarise(rounds: number | undefined, measure: () => Promise<Seconds>): Promise<Summary> {
  const walls: number[] = []
  const time = rounds === undefined ? budgetSeconds * 1e3 : 0
  const bench = new Bench({ iterations: rounds ?? 1, time, warmup: false, throws: true })
  bench.add('round', async () => {
    const { wall, cpu } = await measure()
    walls.push(wall)
    return { overriddenDuration: cpu * 1e3 }
  })
  const [task] = await bench.run()
  const result = task!.result
  if (!('latency' in result)) throw new Error('the rounds did not finish')
  const { p50, mad } = result.latency
  const spread = p50 > 0 ? mad / p50 : 0
  return { median: { wall: medianOf(walls), cpu: p50 / 1e3 }, spread: walls.length > 1 ? spread : null }
}
