interface Props {
  label: string
  values: readonly string[]
  value: string
  onChange(value: string): void
}

/** One of several texts to choose, also of a value that is none of them. */
export function Choice({ label, values, value, onChange }: Props) {
  const all = values.includes(value) ? values : [...values, value]
  return (
    <label>
      {label}{' '}
      <select value={value} onChange={event => onChange(event.currentTarget.value)}>
        {all.map(one => (
          <option key={one}>{one}</option>
        ))}
      </select>
    </label>
  )
}
