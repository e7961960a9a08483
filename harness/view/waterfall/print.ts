import { styleText } from 'node:util'
import type { Trace } from '../../../lib/model/trace.ts'
import { plural } from '../../text/format.ts'
import { clean, serviceOf } from '../../text/names.ts'
import { printNanos, printTime } from '../../text/times.ts'
import { cut, fill, widthOf } from '../../text/width.ts'
import { type TreeRow, treeOf } from './tree.ts'
import { drawBar, type Window, windowOf } from './window.ts'

/** Where the waterfall is printed. */
export interface Screen {
  /** In characters. */
  readonly width: number
  readonly hasColors: boolean
}

type Style = Parameters<typeof styleText>[0]

const palette: readonly Style[] = ['cyan', 'green', 'yellow', 'magenta', 'blue', 'white']
/** Deeper spans are indented no further. */
const maxDepth = 16
const timeWidth = 9
const errorCode = 2

/** The spans of a trace under one another: service, name in the tree, offset, duration, bar, and what is wrong. */
export function* printWaterfall({ traceId, spans }: Trace, screen: Screen): Iterable<string> {
  const rows = treeOf(spans)
  const window = windowOf(spans)
  const notes = rows.map(row => notesOf(row, rows).join(', '))
  const paint = (style: Style, text: string) => (screen.hasColors && text !== '' ? styleText(style, text) : text)
  yield paint('bold', `trace ${traceId}`)
  yield summary(rows, window)
  yield ''
  const services = [...new Set(spans.map(serviceOf))]
  const names = treeNames(rows)
  const widths = widthsOf(screen.width, services, names, notes)
  yield paint('dim', headOf(widths))
  for (const [i, { span }] of rows.entries()) {
    const service = serviceOf(span)
    const color = palette[services.indexOf(service) % palette.length]!
    const isBad = span.status?.code === errorCode
    const cells = [
      paint(color, fill(service, widths.service)),
      paint(isBad ? 'red' : 'reset', fill(names[i]!, widths.name)),
      (span.startNanos === 0n ? '–' : printNanos(span.startNanos - window.start)).padStart(timeWidth),
      printNanos(span.endNanos - span.startNanos).padStart(timeWidth),
      paint(isBad ? 'red' : color, drawBar(span, window, widths.bar)),
      paint(isBad ? 'red' : 'dim', cut(notes[i]!, widths.notes)),
    ]
    yield cells.join(' ').trimEnd()
  }
}

interface Widths {
  readonly service: number
  readonly name: number
  readonly bar: number
  readonly notes: number
}

function widthsOf(
  width: number,
  services: readonly string[],
  names: readonly string[],
  notes: readonly string[],
): Widths {
  const longest = (texts: readonly string[]) => texts.reduce((most, text) => Math.max(most, widthOf(text)), 7)
  const service = Math.min(longest(services), Math.max(8, Math.floor(width / 5)))
  const name = Math.min(longest(names), Math.max(16, Math.floor(width / 3)))
  const room = width - service - name - 2 * timeWidth - 5
  const bar = Math.max(10, room - Math.min(longest(notes), Math.floor(width / 3)))
  return { service, name, bar, notes: Math.max(1, room - bar) }
}

function headOf({ service, name, bar }: Widths): string {
  const times = ['offset', 'duration'].map(title => title.padStart(timeWidth)).join(' ')
  return `${fill('service', service)} ${fill('span', name)} ${times} ${''.padEnd(bar)}`.trimEnd()
}

function summary(rows: readonly TreeRow[], { start, end }: Window): string {
  const count = (isOne: (row: TreeRow) => boolean) => rows.reduce((sum, row) => sum + (isOne(row) ? 1 : 0), 0)
  const services = new Set(rows.map(({ span }) => serviceOf(span))).size
  const facts = [
    printTime(start),
    printNanos(end - start),
    plural(rows.length, 'span'),
    plural(services, 'service'),
    plural(
      count(({ span }) => span.status?.code === errorCode),
      'error',
    ),
    plural(
      count(({ root }) => root === 'orphan'),
      'orphan',
    ),
  ]
  return facts.filter(fact => !fact.startsWith('0 ')).join(', ')
}

/** What is to be said of a span: its status, and where it does not fit the tree or the time. */
function notesOf({ span, root, parent }: TreeRow, rows: readonly TreeRow[]): string[] {
  const notes: string[] = []
  if (span.status?.code === errorCode) notes.push(`error ${clean(span.status.message)}`.trim())
  else if (span.status && span.status.code > 0) notes.push(span.status.code === 1 ? 'ok' : `status ${span.status.code}`)
  if (root === 'orphan') notes.push(`orphan of ${span.parentSpanId}`)
  if (root === 'circle') notes.push('its own ancestor')
  if (span.endNanos < span.startNanos) notes.push('ends before it starts')
  const above = rows[parent]?.span
  if (span.startNanos === 0n) notes.push('has no start')
  else if (above && span.startNanos < above.startNanos) notes.push('starts before its parent')
  return notes
}

/** The names with the branches of the tree in front. */
function treeNames(rows: readonly TreeRow[]): string[] {
  const guides: string[] = []
  return rows.map(({ span, depth, isLast, parent }) => {
    const above = parent < 0 ? '' : guides[parent]!
    guides.push(depth === 0 || depth >= maxDepth ? above : `${above}${isLast ? '  ' : '│ '}`)
    const branch = depth === 0 ? '' : isLast ? '└ ' : '├ '
    return `${above}${branch}${depth > maxDepth ? `${depth} ` : ''}${clean(span.name)}`
  })
}
