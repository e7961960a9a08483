const signals = ['SIGINT', 'SIGTERM'] as const

/** Waits until the process is asked to end, which it then does by itself: what listened before no longer does. */
export function untilAsked(): Promise<void> {
  return new Promise(resolve => {
    for (const signal of signals) {
      process.removeAllListeners(signal)
      process.once(signal, () => resolve())
    }
  })
}
