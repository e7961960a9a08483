import { inBatches } from '../../model/batches.ts'
import type { Trace } from '../../model/trace.ts'
import { RowGroupColumns } from '../../parquet/read/row-group-columns.ts'
import type { Block } from './block.ts'
import { traceColumns, tracesOf } from './rows.ts'
import { prefixes } from './schema.ts'

/** What no column of a block takes: it was lost when the block was written, if it was there. */
export const notHeld: readonly string[] = [
  'flags',
  'schema URLs',
  'the order of spans across resources and scopes, and of attributes across columns',
  'emptiness as against absence of statuses, resources, scopes and service.name',
  'lengths of trace ids, which are padded to 16 bytes',
]

/** Called with the name and count of what is passed over. */
type Dropped = (field: string, count: number) => void

/** The traces of a block, one row group held at a time, in the order of its rows. */
export function decodeVparquet(block: Block, dropped: Dropped = () => {}): AsyncIterable<readonly Trace[]> {
  return inBatches(rowsOf(block, dropped))
}

/** The same one by one: of several blocks that are read side by side no more than a trace each is held. */
export async function* decodeTraces(block: Block): AsyncIterable<Trace> {
  for await (const [trace] of rowsOf(block, () => {})) yield trace
}

async function* rowsOf(block: Block, dropped: Dropped): AsyncIterable<readonly [Trace]> {
  const { layout, footer } = block
  const passedOver = [...layout.nameless, ...Object.values(prefixes).map(prefix => `${prefix}.Attrs.ValueDropped`)]
  for (let number = 0; number < footer.rowGroups.length; number++) {
    const columns = new RowGroupColumns(block, number)
    await columns.load([...traceColumns(columns, layout), ...passedOver])
    const trace = columns.named(() => tracesOf(columns, layout))
    for (let row = 0; row < columns.rowCount; row++) {
      const read = columns.named(() => trace(row))
      if (read.spans.length === 0) dropped('trace without spans', 1)
      else yield [read]
    }
    for (const name of passedOver) countValues(columns, name, dropped)
  }
}

/** Tells of the values of a column that is not read. */
function countValues(columns: RowGroupColumns, name: string, dropped: Dropped): void {
  if (!columns.has(name)) return
  const count = columns.named(() => columns.get(name).valueCount)
  if (count > 0) dropped(name, count)
}
