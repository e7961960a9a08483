const signals = ['SIGINT', 'SIGTERM'] as const

/** Waits until the process is asked to end, which it then does by itself: what listened before no longer does. */
export function untilAsked(): Promise<void> {
  return new Promise(resolve => {
    for (const signal of signals) {
      const before = process.listeners(signal)
      // Added before the others go: where nobody listens for a moment, a signal that is on its way is lost.
      process.once(signal, () => resolve())
      for (const listener of before) process.off(signal, listener)
    }
  })
}
