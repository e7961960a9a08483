import type { Dealing, StoredFacts, StoredLine } from '../../lib/formats/stored/stored.ts'
import { fixed, percent, plural, whole } from '../text/format.ts'
import type { Page } from '../text/page.ts'
import { type Column, number, tableOf, text } from '../text/table.ts'

/** A line, or what the last ones take together. */
type Row = Omit<StoredLine, 'kind'> & { readonly kind: StoredLine['kind'] | 'others' }

const ofSpans =
  'The bytes of each column are dealt out to its spans: codes by number, dictionaries by length, where spans that have an entry share it, other values by both.'
/** What is said of how bytes are dealt out. */
const rules: Readonly<Record<Dealing, string>> = {
  attribute:
    "A column with its dictionary is its attribute's; one of several attributes is dealt out by number and lengths of their values.",
  service: ofSpans,
  operation: ofSpans,
}

/** What is stored of each attribute, service or operation; of more than `maxRows` the last ones are one row. */
export function storedPage(name: string, facts: StoredFacts, dealing: Dealing, maxRows: number): Page {
  const { byteLength, spanCount, lines } = facts
  const perSpan = spanCount > 0 ? `, ${fixed(2)(byteLength / spanCount)} B a span` : ''
  return [
    `${name}: ${whole(byteLength)} B, ${plural(spanCount, 'span')}${perSpan}; stored bytes by ${dealing}`,
    tableOf(shorten(lines, maxRows), columnsOf(facts, dealing), dealing),
    `${rules[dealing]} What is shared is of none alone.`,
  ]
}

/** The same for a program, with shares. */
export function storedJson({ byteLength, spanCount, lines }: StoredFacts, dealing: Dealing): Record<string, unknown> {
  const withShare = (line: StoredLine) => ({ ...line, share: line.byteLength / byteLength })
  return { by: dealing, byteLength, spanCount, lines: lines.map(withShare) }
}

function columnsOf({ byteLength, spanCount }: StoredFacts, dealing: Dealing): Column<Row>[] {
  const service = (name: string) => (name === '' ? { value: '', words: '(no service)' } : name)
  const spansOf = ({ kind, count }: Row) => (kind === 'service' || kind === 'operation' ? count! : spanCount)
  const perSpan = (row: Row) => (spansOf(row) > 0 ? row.byteLength / spansOf(row) : null)
  const serviceOf = ({ kind, service: own }: Row) => (kind === 'operation' ? service(own!) : '')
  return [
    ...(dealing === 'operation' ? [text('service', serviceOf, { maxWidth: 30 })] : []),
    text(dealing, ({ name, kind }) => (kind === 'service' ? service(name) : name), { maxWidth: 44, keep: 3 }),
    text('kind', ({ kind }) => kind),
    number('bytes', row => row.byteLength, undefined, { keep: 3 }),
    number('share', row => row.byteLength / byteLength, percent, { keep: 2 }),
    number(dealing === 'attribute' ? 'values' : 'spans', row => row.count),
    number('B/span', perSpan, fixed(3), { keep: 1 }),
  ]
}

function shorten(lines: readonly Row[], maxRows: number): readonly Row[] {
  if (lines.length <= maxRows) return lines
  const [shown, others] = [lines.slice(0, maxRows - 1), lines.slice(maxRows - 1)]
  const byteLength = others.reduce((sum, line) => sum + line.byteLength, 0)
  return [...shown, { name: `and ${whole(others.length)} others`, kind: 'others', byteLength, count: null }]
}
