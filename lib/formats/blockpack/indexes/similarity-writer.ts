import { mix32 } from '../../../bytes/hash.ts'
import { writeNumbers } from '../../../encodings/pages/numbers.ts'
import { PageWriter } from '../../../encodings/pages/page.ts'
import { bandCountOf, signatureByteLength, signatureOf } from '../../../encodings/sketches/minhash.ts'
import type { Segment } from '../../../shred/shred.ts'
import type { SimilarityPlan } from '../layout/root.ts'
import { compressZstd, withChecksum } from '../layout/stored.ts'
import { featuresOf } from './features.ts'

/** Collects the signatures of traces; those with the same features share one (FORMAT.md, Similarity). */
export class SimilarityWriter {
  readonly #permutations: number
  /** By the hash of a set of features: the number of its signature. */
  readonly #numbers = new Map<number, number>()
  readonly #signatures: Uint8Array[] = []
  readonly #traceLengths: number[] = []
  readonly #tracePages: Buffer[] = []
  #waiting: number[] = []

  constructor(permutations: number) {
    this.#permutations = permutations
  }

  add(segment: Segment): void {
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

  /** Ends the traces of a row group. */
  endRowGroup(): void {
    const writer = new PageWriter({ packsBits: true, compress: compressZstd })
    writeNumbers(writer, Float64Array.from(this.#waiting))
    const page = withChecksum(writer.out.view())
    this.#tracePages.push(page)
    this.#traceLengths.push(page.length)
    this.#waiting = []
  }

  /** The plan, and the bytes in the order of the file: the signatures by band, then the traces by row group. */
  finish(): { plan: SimilarityPlan; bytes: Buffer } {
    const bandPages = Array.from({ length: bandCountOf(this.#permutations) }, (_, band) => this.#bandPage(band))
    const plan: SimilarityPlan = {
      permutations: this.#permutations,
      signatureCount: this.#signatures.length,
      bandLengths: bandPages.map(page => page.length),
      traceLengths: this.#traceLengths,
    }
    return { plan, bytes: Buffer.concat([...bandPages, ...this.#tracePages]) }
  }

  /** The bytes 2 * band and the next of all signatures; of the last band also those behind. */
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
