import { nameOf, type Row } from '../runs/run-schema.ts'
import { fixed, mebibytes, percent, seconds, thousands, times, whole } from '../text/format.ts'

/** One column of a table. Numbers stand to the right. */
export interface Column {
  header: string
  align: 'left' | 'right'
  cell(row: Row): string
}

const names: Column[] = [left('phase', row => nameOf(row))]

/** What came out: the same on every machine for a seed and a zstd provider. */
export const sizeColumns: readonly Column[] = [
  ...names,
  right('bytes', row => whole(row.sizeBytes)),
  right('B/span', row => fixed(2)(row.bytesPerSpan)),
  right('of NDJSON', row => times(row.ratio)),
  right('of input', row => times(row.inputRatio)),
  right('of zstd 19', row => times(row.zstdGain)),
  right('size/floor', row => fixed(2)(row.floorRatio)),
  left('kept', row => (row.problem === null ? (row.fidelity ?? '') : 'PROBLEM')),
]

/** What it took, on one machine: rates by CPU time of the phase alone, seconds on the wall. */
export const timeColumns: readonly Column[] = [
  ...names,
  right('enc spans/s', row => thousands(row.encodeSpansPerSecond)),
  right('dec spans/s', row => thousands(row.decodeSpansPerSecond)),
  right('enc MB/s', row => fixed(1)(row.encodeMBps)),
  right('dec MB/s', row => fixed(1)(row.decodeMBps)),
  right('enc s', row => seconds(row.encodeSeconds)),
  right('dec s', row => seconds(row.decodeSeconds)),
  right('spread', row => percent(row.encodeSpread === null ? null : Math.max(row.encodeSpread, row.decodeSpread ?? 0))),
  right('enc MiB', row => mebibytes(row.encodePeakBytes)),
  right('dec MiB', row => mebibytes(row.decodePeakBytes)),
]

function left(header: string, cell: (row: Row) => string): Column {
  return { header, align: 'left', cell }
}

function right(header: string, cell: (row: Row) => string): Column {
  return { header, align: 'right', cell }
}
