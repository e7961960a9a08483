import type { Status } from './status-api.ts'
import { plural } from './text.ts'

/** The last warnings of a server; nothing where it has none. */
export function WarningList({ warnings, count }: { warnings: Status['warnings']; count: number }) {
  if (count === 0) return null
  return (
    <>
      <h2>{plural(count, 'warning')}</h2>
      <ul>
        {warnings.map(({ time, message }, i) => (
          <li key={i}>
            {time} {message}
          </li>
        ))}
      </ul>
    </>
  )
}
