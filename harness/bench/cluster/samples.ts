/** One value of Prometheus' text format. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const line = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)/
const label = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g

/** What a role answers at `/metrics`; comments are left out. */
export function parseSamples(text: string): Sample[] {
  return text.split('\n').flatMap(own => {
    const [, name, labels = '', value] = line.exec(own) ?? []
    if (name === undefined) return []
    const pairs = Array.from(labels.matchAll(label), ([, key, given]) => [key!, given!.replaceAll(/\\(.)/g, '$1')])
    return [{ name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) }]
  })
}

/** The sum of the values of a name that have these labels, each one of some values. */
export function totalOf(
  samples: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string | readonly string[]>> = {},
): number {
  const wanted = Object.entries(labels)
  const isWanted = (own: Sample) => wanted.every(([key, value]) => [value].flat().includes(own.labels[key] ?? ''))
  return samples.reduce((sum, own) => (own.name === name && isWanted(own) ? sum + own.value : sum), 0)
}
