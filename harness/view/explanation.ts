import type { Explain } from '../../lib/traceql/engine/explain.ts'
import type { SearchedFile } from '../open/search-source.ts'
import { percent, plural, whole } from '../text/format.ts'
import { clean } from '../text/names.ts'
import type { Page } from '../text/page.ts'
import { number, type Table, tableOf, text } from '../text/table.ts'

/** How queries were answered: what each pipeline asked for, what was left out at which step, and what was read. */
export function explanationPage(explains: readonly Explain[], files: readonly SearchedFile[]): Page {
  const plans = explains.flatMap((explain, i) => [
    explains.length > 1 ? `plan ${i + 1} of ${explains.length}` : 'plan',
    ...planLines(explain),
    pruningTable(explain, files),
  ])
  return [...plans, readsTable(files)]
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
function pruningTable(explain: Explain, files: readonly SearchedFile[]): Table {
  const sum = (key: 'batchCount' | 'traceCount' | 'spanCount') => files.reduce((total, file) => total + file[key], 0)
  const total = { batchCount: sum('batchCount'), traceCount: sum('traceCount'), spanCount: sum('spanCount') }
  const steps: Step[] = [
    { what: 'in the files', ...total },
    { what: 'that the files gave', ...explain, before: total },
  ]
  for (const { stage, spanCount } of explain.stages)
    steps.push({ what: `after ${stage}`, spanCount, before: { spanCount: steps.at(-1)!.spanCount } })
  const count = (key: keyof Counts) => (step: Step) => leftOf(step[key], step.before?.[key])
  return tableOf(steps, [
    text('what is left', ({ what }) => what, { maxWidth: 80 }),
    number('batches', count('batchCount')),
    number('traces', count('traceCount'), undefined, { keep: 1 }),
    number('spans', count('spanCount'), undefined, { keep: 2 }),
  ])
}

interface Counts {
  batchCount?: number | undefined
  traceCount?: number | undefined
  spanCount: number
}

interface Step extends Counts {
  what: string
  before?: Counts
}

function leftOf(value: number | undefined, before: number | undefined) {
  if (value === undefined) return ''
  return { value, words: before ? `${whole(value)} (${percent(value / before)})` : whole(value) }
}

function readsTable(files: readonly SearchedFile[]): Table {
  return tableOf(files, [
    text('file', ({ name }) => name),
    number('round trips', ({ reads }) => reads?.file.roundTrips ?? 'in memory'),
    number('ranges', ({ reads }) => reads?.file.reads.ranges ?? ''),
    number('bytes read', ({ reads, byteLength }) => reads?.file.reads.bytes ?? byteLength, undefined, { keep: 2 }),
    number('of them to open', ({ reads }) => reads?.toOpen.bytes ?? ''),
    number('bytes', ({ byteLength }) => byteLength, undefined, { keep: 1 }),
    number('share', ({ reads, byteLength }) => (reads ? reads.file.reads.bytes / byteLength : ''), percent, {
      keep: 1,
    }),
  ])
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
