import { mix32 } from '../../../bytes/hash.ts'
import type { RangeReader } from '../../../bytes/range.ts'
import { writeNumbers } from '../../../encodings/pages/numbers.ts'
import { readNumbers } from '../../../encodings/pages/numbers-reader.ts'
import { PageReader, PageWriter } from '../../../encodings/pages/page.ts'
import {
  bandCountOf,
  bandsOf,
  estimateJaccard,
  signatureByteLength,
  signatureOf,
} from '../../../encodings/sketches/minhash.ts'
import { LabError } from '../../../error.ts'
import type { SimilarityPlan } from '../layout/root.ts'
import { checkedBytes, compressZstd, decompressZstd, withChecksum } from '../layout/stored.ts'
import type { Toc } from '../layout/toc.ts'
import { type FeatureColumns, featuresOf } from './features.ts'

/** The plan, and the bytes in the order of the file: the signatures by band, then the traces by row group. */
export interface Similarity {
  readonly plan: SimilarityPlan
  readonly bytes: Uint8Array
}

/** Collects the signatures of traces; those with the same features share one (FORMAT.md, Similarity). */
export class SimilarityWriter {
  readonly #permutations: number
  /** By the hash of a set of features: the number of its signature. */
  readonly #numbers = new Map<number, number>()
  readonly #signatures: Uint8Array[] = []
  readonly #traceLengths: number[] = []
  readonly #tracePages: Buffer[] = []
  /** By trace that is in no row group yet: the number of its signature. */
  readonly #waiting: number[] = []

  constructor(permutations: number) {
    this.#permutations = permutations
  }

  add(segment: FeatureColumns): void {
    for (const features of featuresOf(segment)) {
      const name = setHash(features)
      let number = this.#numbers.get(name)
      if (number === undefined) {
        number = this.#signatures.push(signatureOf(features, this.#permutations)) - 1
        this.#numbers.set(name, number)
      }
      this.#waiting.push(number)
    }
  }

  /** Ends a row group of the next traces. */
  endRowGroup(traceCount: number): void {
    const writer = new PageWriter({ packsBits: true, compress: compressZstd })
    writeNumbers(writer, Float64Array.from(this.#waiting.splice(0, traceCount)))
    const page = withChecksum(writer.out.view())
    this.#tracePages.push(page)
    this.#traceLengths.push(page.length)
  }

  finish(): Similarity {
    const bandPages = Array.from({ length: bandCountOf(this.#permutations) }, (_, band) => this.#bandPage(band))
    const plan: SimilarityPlan = {
      permutations: this.#permutations,
      signatureCount: this.#signatures.length,
      bandLengths: bandPages.map(page => page.length),
      traceLengths: this.#traceLengths,
    }
    return { plan, bytes: Buffer.concat([...bandPages, ...this.#tracePages]) }
  }

  /** The bytes 2 * band and the next of all signatures; of the last band also those after. */
  #bandPage(band: number): Buffer {
    const byteLength = signatureByteLength(this.#permutations)
    const isLast = band === bandCountOf(this.#permutations) - 1
    const [start, end] = [2 * band, isLast ? byteLength : 2 * band + 2]
    return withChecksum(Buffer.concat(this.#signatures.map(signature => signature.subarray(start, end))))
  }
}

/** A hash of 53 bits of a set, whatever its order: sets that share it by chance share a signature. */
function setHash(features: Uint32Array): number {
  let [low, high] = [features.length, 0]
  for (const feature of features) {
    low = (low + mix32(feature)) >>> 0
    high = (high + mix32(feature ^ 0x5bd1e995)) >>> 0
  }
  return low * 0x200000 + (high >>> 11)
}

const subject = 'blockpack similarity'

/** The index of similar traces, in memory: the signatures of all sets of features, and which set each trace has. */
export class SimilarityIndex {
  /** The number of its set of features, by position of the trace. */
  readonly sets: Uint32Array
  readonly #signatures: readonly Uint8Array[]
  readonly #permutations: number

  private constructor(sets: Uint32Array, signatures: readonly Uint8Array[], permutations: number) {
    this.sets = sets
    this.#signatures = signatures
    this.#permutations = permutations
  }

  /** Reads the index in one step; undefined where the file was written without it. */
  static async read({ file, toc }: { file: RangeReader; toc: Toc }): Promise<SimilarityIndex | undefined> {
    const { root, sections, traceCount } = toc
    const plan = root.similarity
    if (!plan) return undefined
    const [stored] = await file.read([sections.similarity])
    const pages = new Pages(stored!, sections.similarity.start)
    const signatures = joinBands(pages, plan)
    const counts = root.rowGroups.map(rowGroup => rowGroup.pageGroups.reduce((sum, one) => sum + one.traceCount, 0))
    const sets = new Uint32Array(traceCount)
    let at = 0
    for (const [rowGroup, length] of plan.traceLengths.entries()) {
      const count = counts[rowGroup] ?? pages.fail(`traces of row group ${rowGroup} of ${counts.length}`)
      const start = pages.at
      const page = new PageReader(pages.take(length), subject, start, decompressZstd)
      for (const set of page.naming(() => readNumbers(page, count))) {
        if (!(set >= 0 && set < plan.signatureCount)) page.in.fail('corrupt', `set ${set} of ${plan.signatureCount}`)
        sets[at++] = set
      }
      page.in.end()
    }
    if (at !== traceCount) pages.fail(`expected the sets of ${traceCount} traces, found ${at}`)
    return new SimilarityIndex(sets, signatures, plan.permutations)
  }

  /**
   * The `count` sets of features that are most like one of them by their estimates, itself left out: of those that share
   * a band with it, and where these are fewer, of all.
   */
  similarTo(set: number, count: number): Estimated[] {
    const own = this.#signatures[set]!
    const near: Estimated[] = []
    const far: Estimated[] = []
    for (const [other, signature] of this.#signatures.entries()) {
      if (other === set) continue
      const candidates = sharesBand(own, signature, this.#permutations) ? near : far
      candidates.push({ set: other, estimate: estimateJaccard(own, signature, this.#permutations) })
    }
    const found = near.length < count ? [...near, ...far] : near
    return found.sort((a, b) => b.estimate - a.estimate || a.set - b.set).slice(0, count)
  }
}

/** A set of features, and how like another one it seems to be. */
export interface Estimated {
  readonly set: number
  readonly estimate: number
}

/** Returns consecutive pages. */
class Pages {
  at: number
  readonly #bytes: Uint8Array
  readonly #start: number

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes
    this.#start = start
    this.at = start
  }

  /** The bytes of the next page, before its checksum. */
  take(length: number): Uint8Array {
    const from = this.at - this.#start
    const page = checkedBytes(this.#bytes.subarray(from, from + length), subject, this.at)
    this.at += length
    return page
  }

  fail(message: string): never {
    throw new LabError('corrupt', `${subject} at byte ${this.at}: ${message}`)
  }
}

/** The signatures, of which each band has two bytes, and the last one also those after. */
function joinBands(pages: Pages, { permutations, signatureCount, bandLengths }: SimilarityPlan): Uint8Array[] {
  const byteLength = signatureByteLength(permutations)
  if (bandLengths.length !== bandCountOf(permutations))
    pages.fail(`${bandLengths.length} bands of ${permutations} bits`)
  const bands = bandLengths.map((length, band) => {
    const width = band === bandLengths.length - 1 ? byteLength - 2 * band : 2
    const bytes = pages.take(length)
    return bytes.length === width * signatureCount
      ? { bytes, width }
      : pages.fail(`a band of ${bytes.length} bytes for ${signatureCount} signatures`)
  })
  const all = new Uint8Array(byteLength * signatureCount)
  for (const [band, { bytes, width }] of bands.entries())
    for (let i = 0; i < signatureCount; i++)
      all.set(bytes.subarray(i * width, (i + 1) * width), i * byteLength + 2 * band)
  return Array.from({ length: signatureCount }, (_, i) => all.subarray(i * byteLength, (i + 1) * byteLength))
}

function sharesBand(a: Uint8Array, b: Uint8Array, permutations: number): boolean {
  const own = bandsOf(a, permutations)
  return bandsOf(b, permutations).some((band, i) => band === own[i])
}
