import { performance } from 'node:perf_hooks'

/** A step waits for what is urgent so many times as long as the step before it took, */
const patience = 8
/** and no longer than this. */
const maxWaitMillis = 100
/** Short steps follow each other in one turn for so long, where nothing is urgent. */
const turnMillis = 10

interface Step {
  readonly go: () => void
  readonly untilMillis: number
}

const steps: Step[] = []
let urgentCount = 0
let isPlanned = false
let timer: NodeJS.Timeout | undefined
/** When the last step began. */
let beganMillis = 0

/**
 * The next turn for work that can wait, and that does a few milliseconds of it in each. In a turn of the event loop one such
 * step is done, or several short ones, whoever asks, and none while something urgent is under way; unless that goes on for
 * long: a ninth of the time is left to what can wait.
 */
export function nextTurn(): Promise<void> {
  const nowMillis = performance.now()
  if (urgentCount === 0 && nowMillis - beganMillis < turnMillis) return Promise.resolve()
  const untilMillis = nowMillis + Math.min(maxWaitMillis, patience * (nowMillis - beganMillis))
  return new Promise(go => {
    steps.push({ go, untilMillis })
    plan()
  })
}

/** Does what somebody waits for: until it ends, other work has fewer turns. */
export async function urgently<T>(work: () => Promise<T>): Promise<T> {
  urgentCount++
  try {
    return await work()
  } finally {
    if (--urgentCount === 0) plan()
  }
}

function plan(): void {
  if (isPlanned || steps.length === 0) return
  clearTimeout(timer)
  isPlanned = true
  setImmediate(begin)
}

function begin(): void {
  isPlanned = false
  const leftMillis = steps[0]!.untilMillis - performance.now()
  if (urgentCount > 0 && leftMillis > 0) {
    timer = setTimeout(plan, leftMillis)
    return
  }
  beganMillis = performance.now()
  steps.shift()!.go()
  plan()
}
