import { LabError } from '../../error.ts'
import type { Chunk } from './footer.ts'
import type { Leaf } from './leaves.ts'
import type { DataPage } from './pages.ts'

/**
 * Throws where the footer, which has no checksum, says other things of a chunk than all of its pages do: how many values
 * there are, and how many of them are absent, and the least and the greatest one.
 */
export function checkClaims({ name }: Leaf, pages: readonly DataPage[], chunk: Chunk): void {
  const told: [what: string, inPages: number, inFooter: number | undefined][] = [
    ['values', sum(pages, page => page.entryCount), chunk.valueCount],
    ['values that are not absent', sum(pages, page => page.valueCount), chunk.presentCount],
  ]
  for (const [what, inPages, inFooter] of told)
    if (inFooter !== undefined && inPages !== inFooter)
      fail(name, `holds ${inPages} ${what}, the footer says ${inFooter}`)
  const filled = pages.filter(({ valueCount }) => valueCount > 0)
  const bounds = filled.map(page => page.bounds)
  if (!bounds.every(bound => bound !== undefined)) return
  for (const [which, what] of sides) {
    const claimed = claimedBound(chunk, which)
    if (claimed && !bounds.some(bound => claimed.equals(bound[which])))
      fail(name, `no page has the ${what} value that the footer tells`)
  }
}

const sides = [
  [0, 'least'],
  [1, 'greatest'],
] as const

/** As it is stored. */
function claimedBound({ bounds, extent }: Chunk, which: 0 | 1): Buffer | undefined {
  if (bounds) return Buffer.from(bounds[which])
  if (extent === undefined) return undefined
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt.asUintN(64, extent[which]))
  return bytes
}

function sum(pages: readonly DataPage[], of: (page: DataPage) => number): number {
  return pages.reduce((total, page) => total + of(page), 0)
}

function fail(name: string, message: string): never {
  throw new LabError('corrupt', `${name}: ${message}`)
}
