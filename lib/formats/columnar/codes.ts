import type { ColumnReader, ColumnWriter } from './columns.ts'
import { decodeSymbols, encodeSymbols } from './modelled.ts'
import type { Prediction } from './prediction.ts'
import { decodeRanked, encodeRanked } from './ranked.ts'

const encoding = { constant: 0, plain: 1, ranked: 2, symbols: 16 } as const
const plainRows = 6
const sampleRows = 8192
const maxSymbols = 1 << 12

/** Writes `codes`, each below `size`. Both are known to the reader in size, not in content. */
export function writeCodes(writer: ColumnWriter, codes: Uint32Array, size: number, prediction: Prediction): void {
  const { head } = writer
  if (codes.length === 0 || size <= 1) return
  if (codes.every(code => code === codes[0])) {
    head.u8(encoding.constant)
    head.varint(codes[0]!)
  } else if (codes.length <= plainRows) {
    head.u8(encoding.plain)
    for (const code of codes) head.varint(code)
  } else {
    const chosen = choose(codes, size, prediction)
    head.u8(chosen)
    writer.blob(encodeAs(chosen, codes, size, prediction))
  }
}

export function readCodes(
  reader: ColumnReader,
  name: string,
  count: number,
  size: number,
  prediction: Prediction,
): Uint32Array {
  const { head } = reader
  reader.column = name
  if (count === 0) return new Uint32Array(0)
  if (size <= 1) return size === 1 ? new Uint32Array(count) : head.fail('corrupt', `${name}: rows without values`)
  const chosen = head.u8()
  if (chosen === encoding.constant) return new Uint32Array(count).fill(readCode(reader, name, size))
  if (chosen === encoding.plain) {
    if (count > plainRows) head.fail('corrupt', `${name}: ${count} rows, plain`)
    return Uint32Array.from({ length: count }, () => readCode(reader, name, size))
  }
  const chain = chosen - encoding.ranked
  if (chosen < encoding.symbols && chain < prediction.chainCount)
    return reader.blob(`${name}: ranked`, bytes =>
      decodeRanked(bytes, count, size, prediction.chain(chain), prediction.groups()),
    )
  const known = chosen - encoding.symbols
  if (!(known >= 0 && known < prediction.knownCount && size <= maxSymbols))
    return head.fail('unsupported', `${name}: encoding ${chosen}`)
  return reader.blob(`${name}: symbols`, bytes => decodeSymbols(bytes, count, size, prediction.known(known)))
}

function readCode({ head }: ColumnReader, name: string, size: number): number {
  const code = head.varint()
  return code < size ? code : head.fail('corrupt', `${name}: code ${code} of a dictionary of ${size}`)
}

function choose(codes: Uint32Array, size: number, prediction: Prediction): number {
  const sample = prediction.sample(codes.length, sampleRows)
  const part = codes.subarray(sample.start, sample.end)
  const candidates = Array.from({ length: prediction.chainCount }, (_, i) => encoding.ranked + i)
  if (size <= maxSymbols)
    candidates.push(...Array.from({ length: prediction.knownCount }, (_, i) => encoding.symbols + i))
  const sizes = candidates.map(candidate => encodeAs(candidate, part, size, sample.prediction).length)
  return candidates[sizes.indexOf(Math.min(...sizes))]!
}

function encodeAs(chosen: number, codes: Uint32Array, size: number, prediction: Prediction): Buffer {
  return chosen < encoding.symbols
    ? encodeRanked(codes, size, prediction.chain(chosen - encoding.ranked), prediction.groups())
    : encodeSymbols(codes, size, prediction.known(chosen - encoding.symbols))
}
