import type { RangeReader } from '../../bytes/range.ts'
import { headBytes, readFooter, tailBytes } from './footer.ts'

/** Bytes by column (a point a level, `rs.ss.Spans.Name`), of the footer, and of what is between them: page indexes. */
export async function parquetParts(file: RangeReader): Promise<Record<string, number>> {
  const footer = await readFooter(file)
  const parts: Record<string, number> = {}
  for (const { chunks } of footer.rowGroups)
    for (const [name, { start, end }] of chunks) parts[name] = (parts[name] ?? 0) + end - start
  parts.footer = footer.byteLength + headBytes + tailBytes
  parts.indexes = file.byteLength - Object.values(parts).reduce((sum, byteLength) => sum + byteLength, 0)
  return parts
}
