import { describe, expect, test } from 'vitest'
import { ByteReader } from '../../../../lib/bytes/reader.ts'
import { ByteWriter } from '../../../../lib/bytes/writer.ts'
import {
  CborReader,
  cborMajor,
  cborSimple,
  writeBytes,
  writeDouble,
  writeHead,
  writeInteger,
  writeSimple,
  writeText,
} from '../../../../lib/wire/cbor/heads.ts'
import { labError } from '../../../support/errors.ts'

function hexOf(write: (writer: ByteWriter) => void): string {
  const writer = new ByteWriter()
  write(writer)
  return writer.view().toString('hex')
}

function readerOf(hex: string): CborReader {
  return new CborReader(new ByteReader(Buffer.from(hex, 'hex'), 'item'))
}

/** RFC 8949, appendix A. */
const integers: [bigint, string][] = [
  [0n, '00'],
  [1n, '01'],
  [10n, '0a'],
  [23n, '17'],
  [24n, '1818'],
  [25n, '1819'],
  [100n, '1864'],
  [1000n, '1903e8'],
  [1000000n, '1a000f4240'],
  [1000000000000n, '1b000000e8d4a51000'],
  [18446744073709551615n, '1bffffffffffffffff'],
  [-18446744073709551616n, '3bffffffffffffffff'],
  [-1n, '20'],
  [-10n, '29'],
  [-100n, '3863'],
  [-1000n, '3903e7'],
]

const texts: [string, string][] = [
  ['', '60'],
  ['a', '6161'],
  ['IETF', '6449455446'],
  ['"\\', '62225c'],
  ['\u00fc', '62c3bc'],
  ['\u6c34', '63e6b0b4'],
  ['\ud800\udd51', '64f0908591'],
]

const doubles: [number, string][] = [
  [1.1, 'fb3ff199999999999a'],
  [1.0e300, 'fb7e37e43c8800759c'],
  [-4.1, 'fbc010666666666666'],
  [Number.POSITIVE_INFINITY, 'fb7ff0000000000000'],
  [Number.NaN, 'fb7ff8000000000000'],
  [Number.NEGATIVE_INFINITY, 'fbfff0000000000000'],
  [-0, 'fb8000000000000000'],
]

describe('vectors of RFC 8949, appendix A', () => {
  test.each(integers)('integer %s', (value, hex) => {
    expect(hexOf(writer => writeInteger(writer, value))).toBe(hex)
    expect(readerOf(hex).integer()).toBe(value)
  })

  test.each(texts)('text %j', (value, hex) => {
    expect(hexOf(writer => writeText(writer, value))).toBe(hex)
    expect(readerOf(hex).text()).toBe(value)
  })

  test.each(doubles)('double %s', (value, hex) => {
    expect(hexOf(writer => writeDouble(writer, value))).toBe(hex)
    const cbor = readerOf(hex)
    expect(cbor.next()).toMatchObject({ major: cborMajor.simple, argument: cborSimple.float64 })
    expect(cbor.reader.f64BigEndian()).toBe(value)
  })

  test.each([
    ['false', 'f4'],
    ['true', 'f5'],
    ['null', 'f6'],
    ['undefined', 'f7'],
  ] as const)('simple value %s', (name, hex) => {
    expect(hexOf(writer => writeSimple(writer, cborSimple[name]))).toBe(hex)
    expect(readerOf(hex).next()).toMatchObject({ major: cborMajor.simple, argument: cborSimple[name] })
  })

  test('bytes', () => {
    expect(hexOf(writer => writeBytes(writer, new Uint8Array()))).toBe('40')
    expect(hexOf(writer => writeBytes(writer, new Uint8Array([1, 2, 3, 4])))).toBe('4401020304')
    expect(readerOf('4401020304').expect(cborMajor.bytes)).toBe(4)
  })

  test('arrays, maps and tags', () => {
    expect(hexOf(writer => writeHead(writer, cborMajor.array, 25))).toBe('9819')
    expect(hexOf(writer => writeHead(writer, cborMajor.map, 0))).toBe('a0')
    expect(hexOf(writer => writeHead(writer, cborMajor.tag, 32))).toBe('d820')
    expect(readerOf('83010203').array()).toBe(3)
  })
})

describe('refusals', () => {
  test.each(['5f', '7f', '9f', 'bf', 'df', '1f'])('the indefinite length %s', hex =>
    expect(labError(() => readerOf(`${hex}00ff`).next()).kind).toBe('unsupported'),
  )

  test.each(['1c', '3d', '5e', '9c'])('the reserved additional information of %s', hex =>
    expect(labError(() => readerOf(`${hex}00`).next()).kind).toBe('unsupported'),
  )

  test.each(['18', '1900', '1a000000', '1b00000000000000', '44010203', '62c3'])('%s, which is cut short', hex => {
    const cbor = readerOf(hex)
    expect(labError(() => cbor.reader.raw(cbor.next().argument)).kind).toBe('truncated')
  })

  test('another major type than the one that must stand there', () => {
    expect(labError(() => readerOf('6161').array()).kind).toBe('corrupt')
    expect(labError(() => readerOf('6161').integer()).kind).toBe('corrupt')
    expect(labError(() => readerOf('20').unsigned()).kind).toBe('corrupt')
  })

  test('an array of more items than bytes follow, before memory is taken', () => {
    for (const hex of ['9b0000000100000000', '9bffffffffffffffff', '9a80000000', '83'])
      expect(labError(() => readerOf(`${hex}0000`).array()).kind).toBe('truncated')
  })

  test('a text longer than the bytes that follow', () => {
    for (const hex of ['7bffffffffffffffff', '7affffffff', '63'])
      expect(labError(() => readerOf(`${hex}6161`).text()).kind).toBe('truncated')
  })

  test('a number past 2^53 - 1 where one must be exact', () => {
    expect(readerOf('1b001fffffffffffff').unsigned()).toBe(Number.MAX_SAFE_INTEGER)
    expect(labError(() => readerOf('1b0020000000000000').unsigned()).kind).toBe('corrupt')
  })
})
