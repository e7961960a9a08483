import { useEffect, useState } from 'preact/hooks'

export interface Asked<T> {
  value?: T
  problem?: string
  millis?: number
}

/** What is asked once for a key; nothing while a new answer is under way. */
export function useAsked<T>(ask: (signal: AbortSignal) => Promise<T>, key: string): Asked<T> {
  const [asked, setAsked] = useState<Asked<T>>({})
  useEffect(() => {
    const hangUp = new AbortController()
    setAsked({})
    const begun = performance.now()
    ask(hangUp.signal).then(
      value => setAsked({ value, millis: performance.now() - begun }),
      (error: Error) => {
        if (!hangUp.signal.aborted) setAsked({ problem: error.message })
      },
    )
    return () => hangUp.abort()
  }, [key])
  return asked
}
