import { LabError } from '../../error.ts'

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

/** Counts the documents of an input that hold other signals, which are passed over. */
export class PassedSignals {
  readonly #counts = new Map<string, number>()

  add(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
  }

  /** Tells of them at the end of the input; throws where it holds nothing else. */
  end(hasSpans: boolean, dropped: Dropped): void {
    if (this.#counts.size === 0) return
    if (!hasSpans) throw new LabError('missing', `holds ${[...this.#counts].map(printCount).join(' and ')}, no traces`)
    for (const [name, count] of this.#counts) dropped(name, count)
  }
}

function printCount([name, count]: [string, number]): string {
  return `${titles.get(name)} (${count} ${count === 1 ? 'document' : 'documents'})`
}
