import { useEffect, useState } from 'preact/hooks'
import { type Extent, get } from './api.ts'
import { time } from './text.ts'

/** What the server holds. */
export function StoreView() {
  const [extent, setExtent] = useState<Extent>()
  const [problem, setProblem] = useState<string>()
  useEffect(() => {
    get<Extent>('status/extent').then(setExtent, (error: Error) => setProblem(error.message))
  }, [])
  if (problem !== undefined)
    return (
      <main>
        <p class="problem" role="alert">
          {problem}
        </p>
      </main>
    )
  if (extent === undefined) return <main>Asking …</main>
  const { startTimeUnixNano, endTimeUnixNano } = extent
  if (startTimeUnixNano === undefined || endTimeUnixNano === undefined) return <main>There are no spans yet.</main>
  return (
    <main>
      <p>
        Spans start from {time(BigInt(startTimeUnixNano))} to {time(BigInt(endTimeUnixNano))}.
      </p>
    </main>
  )
}
