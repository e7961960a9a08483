import { setTimeout as sleep } from 'node:timers/promises'

/** What a process of a stack takes at most to start. */
const startMillis = 60_000

/** Waits until `attempt` succeeds. */
export async function eventually<T>(attempt: () => Promise<T>, millis = startMillis): Promise<T> {
  for (const deadline = performance.now() + millis; ; await sleep(100)) {
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() > deadline) throw error
    }
  }
}
