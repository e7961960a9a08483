import type { Place } from './place.ts'
import { time } from './text.ts'
import { ranges } from './time-range.ts'

interface Props {
  place: Place
  go(place: Partial<Place>): void
}

/** The range of time that is asked for: a length that ends now, or one between two times that was chosen elsewhere. */
export function TimeChoice({ place, go }: Props) {
  const { last, from, to } = place
  const chosen = last === '' ? `${timeOf(from)} – ${timeOf(to)}` : last
  return (
    <label>
      Time{' '}
      <select value={last} onChange={event => go({ ...place, last: event.currentTarget.value })}>
        {!ranges.includes(last) && <option value={last}>{chosen}</option>}
        {ranges.map(one => (
          <option key={one}>{one}</option>
        ))}
      </select>
    </label>
  )
}

function timeOf(millis: string): string {
  return /^\d{1,15}$/.test(millis) ? time(BigInt(millis) * 1_000_000n) : millis
}
