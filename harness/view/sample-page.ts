import type { Kept, SampleReport } from '../../lib/sampling/sample.ts'
import { percent, plural, whole } from '../text/format.ts'
import type { Page } from '../text/page.ts'
import { text as column, number, type Table, tableOf } from '../text/table.ts'

/** What a sample keeps and loses by class of traces, and what it stands for. */
export function samplePage(report: SampleReport, policy: string, storedBytes: number): Page {
  const all = report.classes.get('all')!
  return [
    `policy ${policy}`,
    classTable(report),
    `${whole(storedBytes)} B stored, of ${whole(all.bytes)} B as OTLP: ${bytesPerSpan(storedBytes, all)} B per span of the input`,
    representation(report),
    ...(report.unrepresented === 0
      ? []
      : [`nothing stands for ${plural(report.unrepresented, 'trace')} of kinds that are never kept: totals lack them`]),
    ...derived(report),
    ...report.faults.map(({ fault, count, first }) => `${fault}: ${plural(count, 'span')}, first ${first}`),
  ]
}

function bytesPerSpan(bytes: number, { spans }: Kept): string {
  return (bytes / spans).toFixed(2)
}

function classTable({ classes }: SampleReport): Table {
  return tableOf(
    [...classes].filter(([, { traces }]) => traces > 0),
    [
      column('traces', ([name]) => name),
      number('found', ([, { traces }]) => traces),
      number('kept', ([, { keptTraces }]) => keptTraces),
      number('lost', ([, { traces, keptTraces }]) => traces - keptTraces),
      number('share', ([, { traces, keptTraces }]) => keptTraces / traces, percent),
      number('spans kept', ([, { keptSpans }]) => keptSpans),
      number('OTLP bytes kept', ([, { keptBytes }]) => keptBytes),
      number('share of bytes', ([, { bytes, keptBytes }]) => keptBytes / bytes, percent),
    ],
  )
}

function representation({ classes, representedTraces, representedSpans, maxWeight }: SampleReport): string {
  const { keptTraces, keptSpans } = classes.get('all')!
  const traces = `${plural(keptTraces, 'trace')} stand for ${whole(Math.round(representedTraces))}`
  const spans = `${plural(keptSpans, 'span')} for ${whole(Math.round(representedSpans))}`
  return `${traces}, ${spans}; the largest weight is ${maxWeight.toFixed(1)}`
}

function derived({ derivedCount, hasOrderedIds }: SampleReport): string[] {
  if (derivedCount === 0) return []
  const reason = hasOrderedIds ? 'trace ids are not random' : 'trace ids of 64 bits have too few random ones'
  return [`${reason}: rv is derived by a hash of the id, and written, for ${plural(derivedCount, 'trace')}`]
}
