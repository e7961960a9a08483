import { setTimeout as sleep } from 'node:timers/promises'

/** Waits, until it is aborted at the longest. */
export async function pause(millis: number, signal: AbortSignal): Promise<void> {
  await sleep(millis, undefined, { signal }).catch(() => {})
}
