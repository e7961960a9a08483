import type { ClusterBench, ClusterRun } from '../runs/cluster-bench-schema.ts'
import type { Figure } from '../runs/serve-bench-schema.ts'

/** What a figure of a run comes to, in a row of the summary. */
interface Summary {
  readonly what: string
  readonly unit: string
  of(run: ClusterRun, bench: ClusterBench): number | null
}

/** What is asked of a store first: what it stores, takes in, answers and holds. */
export const summaries: readonly Summary[] = [
  { what: 'stored, when compacted', unit: 'B/span', of: run => oneOf(run, 'Stored', /^compacted/) },
  { what: 'acknowledged', unit: 'spans/s', of: run => oneOf(run, 'In', /^acknowledged/) },
  { what: 'in blocks', unit: 'spans/s', of: run => oneOf(run, 'In', /^in blocks/) },
  { what: 'CPU of all roles', unit: 'µs/span', of: run => sumOf(valuesOf(run, 'In', cpuOfRole)) },
  { what: 'lag of a partition, the most', unit: 'records', of: run => greatest(valuesOf(run, 'In', /^lag of/)) },
  { what: 'until the lag is 0', unit: 's', of: run => oneOf(run, 'In', /^from the last acknowledgement/) },
  { what: 'until a span is found, p50', unit: 'ms', of: run => oneOf(run, 'Found', /until found, p50/) },
  { what: 'a trace by its id, p50', unit: 'ms', of: run => oneOf(run, 'Searched', /trace by id, p50/) },
  { what: 'searches, geometric mean', unit: 'ms', of: (run, bench) => meanOf(run, 'Searched', bench) },
  { what: 'metrics, geometric mean', unit: 'ms', of: (run, bench) => meanOf(run, 'Metrics', bench) },
  { what: 'memory of all processes, each at its most', unit: 'MiB', of: memoryOf },
]

const cpuOfRole = /^CPU per span: (?:all \d+ of )?[a-z-]+$/

/** The figures of a section that have such names; null where there is none, or one was not measured. */
function valuesOf(run: ClusterRun, title: string, name: RegExp): readonly number[] | null {
  return known(figuresOf(run, title).filter(({ what }) => name.test(what)))
}

function figuresOf({ sections }: ClusterRun, title: string): readonly Figure[] {
  return sections.find(section => section.title.startsWith(title))?.figures ?? []
}

function known(figures: readonly Figure[]): readonly number[] | null {
  const values = figures.map(({ value }) => value)
  return values.length > 0 && values.every(value => value !== null) ? values : null
}

function oneOf(run: ClusterRun, title: string, name: RegExp): number | null {
  return valuesOf(run, title, name)?.[0] ?? null
}

function sumOf(values: readonly number[] | null): number | null {
  return values === null ? null : values.reduce((sum, value) => sum + value, 0)
}

function greatest(values: readonly number[] | null): number | null {
  return values && Math.max(...values)
}

/** Of the queries alone: figures of the capture as a whole begin with its name. */
function meanOf(run: ClusterRun, title: string, { input }: ClusterBench): number | null {
  const values = known(figuresOf(run, title).filter(({ what }) => !what.startsWith(`${input.source}: `)))
  return values && Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)
}

function memoryOf(run: ClusterRun, { job }: ClusterBench): number | null {
  const counts = new Map<string, number>(Object.entries(job.counts))
  const figures = figuresOf(run, 'Memory')
  const peaks = known(figures) ?? []
  return peaks.length === 0 ? null : sumOf(peaks.map((peak, i) => peak * counts.get(figures[i]!.what)!))
}
