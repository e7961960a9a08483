import { LabError } from '../../error.ts'
import type { DocumentReport } from '../../wire/json/split.ts'
import { camelCase } from '../../wire/otlp-json/names.ts'

/** Is told of a field that is dropped, and how often where that is more than once. */
export type Dropped = (field: string, count?: number) => void

/** The arrays of the signals that are no traces, by their names in JSON. */
const titles = new Map([
  ['resourceLogs', 'logs'],
  ['resourceMetrics', 'metrics'],
  ['resourceProfiles', 'profiles'],
])

/** The names under which documents hold other signals. */
export const signalNames: readonly string[] = [...titles.keys()]

/**
 * What `read` gives of the parts of an input. Documents that hold other signals are counted, passed over and dropped at
 * the end; an input that holds nothing else is an error.
 */
export async function* readParts<Part, Spans extends { readonly length: number }>(
  split: (report: DocumentReport) => AsyncIterable<Part>,
  read: (part: Part) => Iterable<Spans>,
  dropped: Dropped,
): AsyncIterable<Spans> {
  const counts = new Map<string, number>()
  const passed = (alias: string) => {
    const name = camelCase(alias)
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  let hasSpans = false
  for await (const part of split({ dropped, passed }))
    for (const spans of read(part)) {
      hasSpans ||= spans.length > 0
      yield spans
    }
  if (counts.size > 0 && !hasSpans)
    throw new LabError('missing', `holds ${[...counts].map(printCount).join(' and ')}, no traces`)
  for (const [name, count] of counts) dropped(name, count)
}

function printCount([name, count]: [string, number]): string {
  return `${titles.get(name)} (${count} ${count === 1 ? 'document' : 'documents'})`
}
