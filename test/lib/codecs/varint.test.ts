import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  decodeZigzag32,
  encodeZigzag32,
  packVarints,
  unpackVarints,
  unpackWideVarints,
} from '../../../lib/codecs/varint.ts'
import { LabError } from '../../../lib/error.ts'
import { seeded } from '../../support/arbitrary.ts'
import { labError } from '../../support/errors.ts'

const edges = Array.from({ length: 32 }, (_, bit) => [2 ** bit, 2 ** bit - 1, 2 ** bit + 1]).flat()

test('values come back, also the edges of each length', () => {
  const all = Uint32Array.from([...edges, 2 ** 32 - 1])
  expect(unpackVarints(packVarints(all), all.length)).toEqual(all)
  fc.assert(
    fc.property(fc.uint32Array({ maxLength: 60 }), values => {
      expect(unpackVarints(packVarints(values), values.length)).toEqual(Uint32Array.from(values))
    }),
    seeded(200),
  )
})

test('known bytes', () => {
  expect(packVarints(Uint32Array.of(0, 127, 128, 300, 2 ** 32 - 1)).toString('hex')).toBe('007f8001ac02ffffffff0f')
})

test('signed numbers', () => {
  const values = Int32Array.of(0, -1, 1, -2, 2 ** 31 - 1, -(2 ** 31))
  expect([...encodeZigzag32(values)]).toEqual([0, 1, 2, 3, 2 ** 32 - 2, 2 ** 32 - 1])
  expect(decodeZigzag32(encodeZigzag32(values))).toEqual(values)
})

test('values that are too long, end early or leave bytes over are refused', () => {
  for (const hex of ['ffffffff10', 'ffffffffff01', '808080808000'])
    expect(labError(() => unpackVarints(Buffer.from(hex, 'hex'), 1)).kind, hex).toBe('corrupt')
  for (const hex of ['ffffffffffffffffff02', '8080808080808080808000'])
    expect(labError(() => unpackWideVarints(Buffer.from(hex, 'hex'), 1)).kind, hex).toBe('corrupt')
  for (const unpack of [unpackVarints, unpackWideVarints]) {
    expect(labError(() => unpack(Buffer.from('0180', 'hex'), 2)).kind).toBe('truncated')
    expect(labError(() => unpack(Buffer.from('8001', 'hex'), 2)).kind).toBe('truncated')
    expect(labError(() => unpack(Buffer.from('0101', 'hex'), 1)).kind).toBe('corrupt')
    for (const count of [3, 2 ** 40, -1, Number.NaN])
      expect(labError(() => unpack(Buffer.from('0101', 'hex'), count)).kind).toMatch(/truncated|corrupt/)
  }
})

test('random bytes give values or an error of the lab', () => {
  const property = fc.property(fc.uint8Array({ maxLength: 30 }), fc.nat(40), (bytes, count) => {
    for (const unpack of [unpackVarints, unpackWideVarints])
      try {
        unpack(bytes, count)
      } catch (error) {
        if (!(error instanceof LabError)) throw error
      }
  })
  fc.assert(property, seeded(500))
})
