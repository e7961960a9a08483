import { nameOf } from '../runs/row-name.ts'
import type { Row } from '../runs/run-schema.ts'
import { fixed, mebibytes, percent, seconds, thousands, times } from '../text/format.ts'
import { type Column, number, text } from '../text/table.ts'

const phase: Column<Row> = text('phase', nameOf)

/** What came out: the same on every machine for a seed and a zstd provider. */
export const sizeColumns: readonly Column<Row>[] = [
  phase,
  number('bytes', row => row.sizeBytes),
  number('B/span', row => row.bytesPerSpan, fixed(2), { keep: 3 }),
  number('of NDJSON', row => row.ratio, times),
  number('of input', row => row.inputRatio, times),
  number('of zstd 19', row => row.zstdGain, times, { keep: 1 }),
  number('size/floor', row => row.floorRatio, fixed(2), { keep: 1 }),
  text('kept', row => (row.problem === null ? row.fidelity : 'PROBLEM'), { keep: 2 }),
]

const allCoresColumns: readonly Column<Row>[] = [
  number('enc all cores s', row => row.allCoresEncodeSeconds, seconds, { keep: 1 }),
  number('dec all cores s', row => row.allCoresDecodeSeconds, seconds, { keep: 1 }),
]

/** What it took, on one machine: rates by CPU time of the phase alone, all its threads together; beside them seconds on the wall. */
const timeColumns: readonly Column<Row>[] = [
  phase,
  number('enc spans/s', row => row.encodeSpansPerSecond, thousands, { keep: 2 }),
  number('dec spans/s', row => row.decodeSpansPerSecond, thousands, { keep: 2 }),
  number('enc wall s', row => row.encodeSeconds, seconds, { keep: 1 }),
  number('dec wall s', row => row.decodeSeconds, seconds, { keep: 1 }),
  ...allCoresColumns,
  number('enc MB/s', row => row.encodeMBps, fixed(1)),
  number('dec MB/s', row => row.decodeMBps, fixed(1)),
  number(
    'spread',
    row => (row.encodeSpread === null ? null : Math.max(row.encodeSpread, row.decodeSpread ?? 0)),
    percent,
  ),
  number('enc MiB', row => mebibytes(row.encodePeakBytes), undefined, { keep: 1 }),
  number('dec MiB', row => mebibytes(row.decodePeakBytes), undefined, { keep: 1 }),
]

/** Those of a run: most have no wall time of all cores. */
export function timeColumnsOf(rows: readonly Row[]): readonly Column<Row>[] {
  const isMeasured = rows.some(row => row.allCoresEncodeSeconds !== null)
  return isMeasured ? timeColumns : timeColumns.filter(column => !allCoresColumns.includes(column))
}

/** All that a program wants of a row. */
export const dataColumns: readonly Column<Row>[] = [
  ...sizeColumns,
  ...timeColumns.slice(1),
  text('lost', row => row.lost),
  text('problem', row => row.problem),
]
