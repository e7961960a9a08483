import type { RangeReader } from '../bytes/range.ts'
import { beginsGzip } from '../codecs/gzip-stream.ts'
import { beginsZstd } from '../codecs/zstd-stream.ts'
import { LabError } from '../error.ts'
import type { Footer } from '../parquet/read/footer.ts'
import { isBlockpack } from './blockpack/format.ts'
import { storedBlockpack } from './blockpack/stored.ts'
import { isClickhouse, storedClickhouse } from './clickhouse/stored.ts'
import { isColumnar, storedColumnar } from './columnar/stored.ts'
import { detectFormat } from './detect.ts'
import { isFlat } from './flat/reader.ts'
import { storedFlat } from './flat/stored.ts'
import { isParquet } from './parquet.ts'
import { type Dealing, dealOut, type StoredFacts, type StoredPart } from './stored/stored.ts'
import { readBlockFile } from './vparquet/block.ts'
import { blockBeside, readMeta } from './vparquet/format.ts'
import { storedVparquet } from './vparquet/stored.ts'

/** Of a file that is of no format read by its ends, enough to recognise it. */
const headBytes = 1 << 16

/** What is stored of each attribute, service or operation of a file; a format that cannot say is refused by its name. */
export async function storedBytes(
  file: RangeReader,
  path: string,
  dealing: Dealing,
  isListed = false,
): Promise<StoredFacts> {
  return dealOut(await partsOf(file, path, isListed), dealing, file.byteLength)
}

async function partsOf(file: RangeReader, path: string, isListed: boolean): Promise<AsyncIterable<StoredPart>> {
  const [head] = await file.read([{ start: 0, end: Math.min(headBytes, file.byteLength) }])
  if (isBlockpack(head!)) return storedBlockpack(file)
  if (isColumnar(head!)) return storedColumnar(file)
  if (isParquet(head!)) return partsOfParquet(file, path, isListed)
  const isCompressed = beginsGzip(head!) || beginsZstd(head!)
  const what = isCompressed
    ? 'is compressed as a whole'
    : `${detectFormat(head!, path).name} keeps whole spans together`
  throw new LabError(
    'unsupported',
    `${what}, so nothing says which bytes are whose; convert --to blockpack or parquet, and inspect that`,
  )
}

/** True for Parquet that is a table of spans, of which there are no facts but those of stored bytes. */
export function isSpanTable(footer: Footer): boolean {
  return isFlat(footer) || isClickhouse(footer)
}

async function partsOfParquet(file: RangeReader, path: string, isListed: boolean): Promise<AsyncIterable<StoredPart>> {
  const opened = await readBlockFile(file, await readMeta(path))
  if (isFlat(opened.footer)) return storedFlat(opened)
  if (isClickhouse(opened.footer)) return storedClickhouse(opened)
  return storedVparquet(blockBeside(opened, path, isListed))
}
