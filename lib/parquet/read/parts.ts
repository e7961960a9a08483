import type { RangeReader } from '../../bytes/range.ts'
import { headBytes, type ParquetFile, readFooter, tailBytes } from './footer.ts'

/** Bytes by column (a point a level, `rs.ss.Spans.Name`), of the footer, and of what is between them: page indexes. */
export async function parquetParts(file: RangeReader): Promise<Record<string, number>> {
  const footer = await readFooter(file)
  const parts: Record<string, number> = {}
  for (const { chunks } of footer.rowGroups)
    for (const [name, { start, end }] of chunks) parts[name] = (parts[name] ?? 0) + end - start
  return { ...parts, ...besideColumns({ file, footer }) }
}

/** Bytes of the footer, and of what is between it and the columns. */
export function besideColumns({ file, footer }: ParquetFile): { footer: number; indexes: number } {
  const own = footer.byteLength + headBytes + tailBytes
  const chunks = footer.rowGroups.flatMap(({ chunks }) => [...chunks.values()])
  const columns = chunks.reduce((sum, { start, end }) => sum + end - start, 0)
  return { footer: own, indexes: file.byteLength - own - columns }
}
