import type { RangeReader } from '../bytes/range.ts'
import { LabError, withSubject } from '../error.ts'
import type { Block } from './block.ts'
import { Column } from './column.ts'
import type { Chunk } from './footer.ts'

/** Gaps of fewer bytes are read with their surroundings: a request costs more than they do. */
const maxGap = 1 << 14

/** The columns of a row group, read when they are wanted, and kept. */
export class RowGroupColumns {
  readonly rowCount: number
  readonly #block: Block
  readonly #number: number
  readonly #bytes = new Map<string, Uint8Array>()
  readonly #columns = new Map<string, Column>()

  constructor(block: Block, number: number) {
    this.#block = block
    this.#number = number
    this.rowCount = block.footer.rowGroups[number]!.rowCount
  }

  has(name: string): boolean {
    return this.#block.footer.leaves.has(name)
  }

  /** Reads what is missing of some columns, in one go; those that the block does not have are passed over. */
  async load(names: readonly string[]): Promise<void> {
    const missing = [...new Set(names)].filter(name => this.has(name) && !this.#bytes.has(name))
    const bytes = await readNear(
      this.#block.file,
      missing.map(name => this.#chunk(name)),
    )
    missing.forEach((name, i) => {
      this.#bytes.set(name, bytes[i]!)
    })
  }

  /** A column that has been loaded, decoded; it has as many rows as the row group. */
  get(name: string): Column {
    const known = this.#columns.get(name)
    if (known) return known
    const bytes = this.#bytes.get(name)
    if (bytes === undefined) throw new LabError('invalid', `${name}: has not been read`)
    const column = new Column(bytes, this.#block.footer.leaves.get(name)!, this.#chunk(name))
    const rowCount = column.elementCount(0)
    if (rowCount !== this.rowCount) column.fail(`${rowCount} rows, the footer says ${this.rowCount}`)
    this.#columns.set(name, column)
    return column
  }

  /** What `read` gives; what is wrong is told with the row group. */
  named<T>(read: () => T): T {
    try {
      return read()
    } catch (error) {
      throw withSubject(`vParquet row group ${this.#number}`, error)
    }
  }

  #chunk(name: string): Chunk {
    return this.#block.footer.rowGroups[this.#number]!.chunks.get(name)!
  }
}

/** Reads ranges, neighbours and those that lie little apart in one; results come in the order of the ranges. */
async function readNear(file: RangeReader, chunks: readonly Chunk[]): Promise<Uint8Array[]> {
  const runs: { start: number; end: number }[] = []
  for (const { start, end } of [...chunks].sort((a, b) => a.start - b.start)) {
    const last = runs.at(-1)
    if (last && start - last.end <= maxGap) last.end = Math.max(last.end, end)
    else runs.push({ start, end })
  }
  const read = await file.read(runs)
  return chunks.map(({ start, end }) => {
    const i = runs.findLastIndex(run => run.start <= start)
    return read[i]!.subarray(start - runs[i]!.start, end - runs[i]!.start)
  })
}
