import type { SpanBatch } from '../../model/scan.ts'
import { traceKey } from '../../model/trace-id.ts'
import { intTexts, overOneBase } from '../engine/numbers.ts'
import { textColumn } from '../engine/texts.ts'
import { View } from '../engine/view.ts'
import type { Choice } from './accumulate.ts'

/** Reads which traces the chosen spans are of and when they start, and hands them to their series. */
export async function readExemplars(batch: SpanBatch, choices: readonly Choice[]): Promise<void> {
  if (choices.length === 0) return
  const rows = Uint32Array.from(choices, ({ row }) => row).sort()
  const view = new View(batch, await batch.read(['trace:id', 'span:start'], rows))
  const starts = view.columns.get('span:start')
  const startText = intTexts(starts, overOneBase(starts, view.spanCount))
  const traceIds = textColumn(view.columns.get('trace:id'))
  const traceOf = view.traceOf()
  for (const { row, labels, value, exemplars } of choices) {
    const stringValue = traceKey(traceIds(traceOf[row]!) ?? '')
    const own = labels.filter(({ key }) => key !== '__name__')
    exemplars.push({
      labels: [...own, { key: 'trace:id', value: { stringValue } }],
      value,
      timestampMs: startText(row).slice(0, -6),
    })
  }
}
