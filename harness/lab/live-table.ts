import type { Input, Row } from '../runs/run-schema.ts'
import { plural } from '../text/format.ts'
import type { Progress } from '../text/progress.ts'
import { tableOf } from '../text/table.ts'
import { drawingLike } from '../text/terminal-table.ts'
import { sizeColumns } from '../view/columns.ts'
import { type Candidate, failedRow } from './rows.ts'

/** The table of a run that is still at work. */
interface LiveTable {
  add(row: Row): void
  end(): void
}

/** Draws the table of a run at the terminal row by row, as they are earned, with what remains and about how long. */
export function openLiveTable(progress: Progress, candidates: readonly Candidate[], input: Input): LiveTable {
  if (progress.screen === undefined) return { add() {}, end() {} }
  const { head, rows, foot } = drawingLike(
    tableOf(
      candidates.map(candidate => wideRow(candidate, input)),
      sizeColumns,
    ),
    progress.screen,
  )
  const startMillis = performance.now()
  let [earnedCount, lastMillis] = [0, startMillis]
  for (const line of head) progress.note(line)
  const status = () => {
    const leftMillis = ((lastMillis - startMillis) / earnedCount) * (candidates.length - earnedCount)
    const seconds = Math.max(1, Math.ceil((leftMillis - (performance.now() - lastMillis)) / 1e3))
    const rest = earnedCount === 0 || earnedCount === candidates.length ? '' : `, about ${seconds} s to go`
    return `${earnedCount} of ${plural(candidates.length, 'row')} earned${rest}`
  }
  progress.status(status)
  return {
    add(row) {
      earnedCount++
      lastMillis = performance.now()
      for (const line of rows(tableOf([row], sizeColumns))) progress.note(line)
    },
    end() {
      progress.status(undefined)
      for (const line of foot) progress.note(line)
    },
  }
}

/** A row of figures as long as any that may come. */
function wideRow(candidate: Candidate, { baselineBytes, bytes, spanCount }: Input): Row {
  const sizeBytes = 2 * Math.max(baselineBytes, bytes ?? 0)
  const figures = { ratio: 999.99, inputRatio: 999.99, zstdGain: 99.99, floorRatio: 999.99 }
  const kept = { problem: null, fidelity: 'unordered' } as const
  return { ...failedRow(candidate, ''), ...kept, ...figures, sizeBytes, bytesPerSpan: sizeBytes / spanCount }
}
