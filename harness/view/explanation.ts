import type { Explain } from '../../lib/traceql/engine/explain.ts'
import type { SearchedFile } from '../open/search-source.ts'
import { percent, plural, whole } from '../text/format.ts'
import { clean, shorten } from '../text/names.ts'
import { printTerminal, type TextTable } from '../text/table.ts'

const maxStage = 80

/** How queries were answered: what each pipeline asked for, what was left out at which step, and what was read. */
export function printExplanation(explains: readonly Explain[], files: readonly SearchedFile[]): string {
  const plans = explains.flatMap((explain, i) => [
    explains.length > 1 ? `plan ${i + 1} of ${explains.length}` : 'plan',
    ...planLines(explain),
    printTerminal(pruningTable(explain, files)),
  ])
  return [...plans, printTerminal(readsTable(files))].join('\n')
}

function planLines({ needs, cost, firstColumns, laterColumns }: Explain): string[] {
  const lines = needs.length === 0 ? ['any trace will do'] : needs.map(need => `a trace needs   ${clean(need)}`)
  lines.push(`costs at most   ${plural(cost.spanCount, 'span')}, ${plural(cost.byteLength, 'byte')} of blocks`)
  lines.push(`read of all     ${listOf(firstColumns)}`)
  if (laterColumns.length > 0) lines.push(`read then       ${listOf(laterColumns)}`)
  return lines.map(line => `  ${line}`)
}

function listOf(columns: readonly string[]): string {
  return columns.length === 0 ? 'nothing' : clean(columns.join(', '))
}

/** What is left after each step, and how much of what was there before. */
function pruningTable(explain: Explain, files: readonly SearchedFile[]): TextTable {
  const sum = (key: 'batchCount' | 'traceCount' | 'spanCount') => files.reduce((total, file) => total + file[key], 0)
  const total = { batches: sum('batchCount'), traces: sum('traceCount'), spans: sum('spanCount') }
  const given = { batches: explain.batchCount, traces: explain.traceCount, spans: explain.spanCount }
  const stages = explain.stages.map(({ stage, spanCount }, i) => {
    const before = explain.stages[i - 1]?.spanCount ?? explain.spanCount
    return [`after ${shorten(clean(stage), maxStage)}`, '', '', leftOf(spanCount, before)]
  })
  return {
    headers: ['what is left', 'batches', 'traces', 'spans'],
    aligns: ['left', 'right', 'right', 'right'],
    rows: [
      ['in the files', whole(total.batches), whole(total.traces), whole(total.spans)],
      [
        'that the files gave',
        leftOf(given.batches, total.batches),
        given.traces === undefined ? '' : leftOf(given.traces, total.traces),
        leftOf(given.spans, total.spans),
      ],
      ...stages,
    ],
  }
}

function leftOf(count: number, before: number): string {
  return before === 0 ? whole(count) : `${whole(count)} (${percent(count / before)})`
}

function readsTable(files: readonly SearchedFile[]): TextTable {
  return {
    headers: ['file', 'round trips', 'ranges', 'bytes read', 'of them to open', 'bytes', 'share'],
    aligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right'],
    rows: files.map(file => {
      const name = clean(file.name)
      if (file.reads === undefined)
        return [name, 'in memory', '', whole(file.byteLength), '', whole(file.byteLength), '']
      const { file: counting, toOpen } = file.reads
      const { ranges, bytes } = counting.reads
      return [
        name,
        whole(counting.roundTrips),
        whole(ranges),
        whole(bytes),
        whole(toOpen.bytes),
        whole(file.byteLength),
        percent(bytes / file.byteLength),
      ]
    }),
  }
}

/** The same for a program. */
export function explanationJson(explains: readonly Explain[], files: readonly SearchedFile[]) {
  return {
    plans: explains,
    files: files.map(({ reads, ...file }) => ({
      ...file,
      ...(reads === undefined
        ? {}
        : { roundTrips: reads.file.roundTrips, read: { ...reads.file.reads }, readToOpen: reads.toOpen }),
    })),
  }
}
