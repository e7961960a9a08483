import { useEffect, useState } from 'preact/hooks'

export interface Polled<T> {
  value?: T
  problem?: string
}

/** What is asked now and every few seconds; the last answer stays where a later one fails. */
export function usePolled<T>(ask: () => Promise<T>, seconds: number, key: string): Polled<T> {
  const [polled, setPolled] = useState<Polled<T>>({})
  useEffect(() => {
    let isOver = false
    let timer = 0
    setPolled({})
    const turn = async () => {
      try {
        const value = await ask()
        if (!isOver) setPolled({ value })
      } catch (error) {
        if (!isOver) setPolled(before => ({ ...before, problem: (error as Error).message }))
      }
      if (!isOver) timer = setTimeout(turn, seconds * 1_000) as unknown as number
    }
    void turn()
    return () => {
      isOver = true
      clearTimeout(timer)
    }
  }, [key])
  return polled
}
