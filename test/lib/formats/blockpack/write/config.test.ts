import { describe, expect, test } from 'vitest'
import {
  configure,
  parseConfig,
  parseSetting,
  profiles,
  settings,
} from '../../../../../lib/formats/blockpack/write/config.ts'
import { labError } from '../../../../support/errors.ts'

const parse = (given: Record<string, unknown>, profile?: keyof typeof profiles) => parseConfig(given, 'a.yaml', profile)
const refusal = (given: Record<string, unknown>) => labError(() => parse(given))

describe('what holds unless it is set', () => {
  test('the default profile', () => {
    expect(parse({})).toEqual({
      config: {
        compressionCodec: 'zstd',
        compressionLevel: 3,
        columnBlockSize: 65_536,
        writeBufferSize: 1_048_576,
        enableDictionary: true,
        dictionaryMaxSize: 1_048_576,
        enableMinhash: true,
        minhashPermutations: 128,
        enableBitPacking: true,
      },
      warnings: [],
    })
  })

  test('the other profiles, and no more than what they state differs from the default', () => {
    const differing = Object.entries(profiles).map(([name, profile]) => [
      name,
      Object.fromEntries(
        Object.entries(profile).filter(([key, value]) => value !== Reflect.get(profiles.default, key)),
      ),
    ])
    expect(Object.fromEntries(differing)).toEqual({
      default: {},
      'high-throughput': {
        compressionLevel: 1,
        columnBlockSize: 131_072,
        writeBufferSize: 2_097_152,
        enableMinhash: false,
      },
      'max-compression': { compressionLevel: 13, columnBlockSize: 196_608, dictionaryMaxSize: 2_097_152 },
      'low-memory': {
        compressionCodec: 'snappy',
        columnBlockSize: 32_768,
        writeBufferSize: 524_288,
        dictionaryMaxSize: 262_144,
        enableMinhash: false,
      },
    })
  })

  test('every profile consists of values that one may set', () => {
    for (const profile of Object.values(profiles))
      for (const { key, name } of settings)
        expect(parseSetting(key, profile[name], '')).toEqual({ [name]: profile[name] })
    expect(settings.map(({ name }) => name)).toEqual(Object.keys(profiles.default))
  })
})

test('each key sets its own field, over the default and over a profile', () => {
  const values = ['lz4', 22, 1, 2 ** 30, false, 7, false, 256, false]
  settings.forEach(({ key, name }, i) => {
    expect(parse({ [key]: values[i] }).config).toEqual({ ...profiles.default, [name]: values[i] })
    expect(parse({ [key]: values[i] }, 'low-memory').config).toEqual({ ...profiles['low-memory'], [name]: values[i] })
  })
})

test('a later setting counts more than an earlier one', () => {
  const given = [{ compressionLevel: 5, enableMinhash: false }, { compressionLevel: 7 }]
  expect(configure('default', ...given).config).toMatchObject({ compressionLevel: 7, enableMinhash: false })
})

describe('a level for a codec without levels', () => {
  test.each(['snappy', 'lz4', 'none'])('warns where the user set it: %s', codec => {
    expect(parse({ compression_codec: codec, compression_level: 5 }).warnings).toEqual([
      `compression_level 5: no effect, ${codec} has no levels`,
    ])
  })

  test('warns as well where the codec is that of the profile', () => {
    expect(parse({ compression_level: 3 }, 'low-memory').warnings).toHaveLength(1)
  })

  test('does not warn where it is that of the profile, nor for zstd', () => {
    expect(parse({}, 'high-throughput').warnings).toEqual([])
    expect(parse({ compression_codec: 'lz4' }, 'max-compression').warnings).toEqual([])
    expect(parse({ compression_level: 0 }).warnings).toEqual([])
    expect(
      configure('default', { compressionCodec: 'lz4', compressionLevel: 4 }, { compressionCodec: 'zstd' }),
    ).toEqual(configure('default', { compressionLevel: 4 }))
  })
})

describe('what is refused names the key, the value and what is allowed', () => {
  test.each([
    [{ compression_codec: 'gzip' }, 'compression_codec gzip: needs one of none, zstd, snappy, lz4'],
    [{ compression_codec: 'zst' }, 'compression_codec zst: needs one of none, zstd, snappy, lz4 (did you mean zstd?)'],
    [{ compression_codec: null }, 'compression_codec null: needs one of none, zstd, snappy, lz4'],
    [{ compression_codec: 3 }, 'compression_codec 3: needs one of none, zstd, snappy, lz4'],
    [{ compression_level: 23 }, 'compression_level 23: needs an integer from 0 to 22'],
    [{ compression_level: -1 }, 'compression_level -1: needs an integer from 0 to 22'],
    [{ compression_level: 1.5 }, 'compression_level 1.5: needs an integer from 0 to 22'],
    [{ compression_level: '3' }, 'compression_level "3": needs an integer from 0 to 22'],
    [{ column_block_size: 0 }, 'column_block_size 0: needs an integer from 1 to 1073741824'],
    [{ write_buffer_size: 2 ** 30 + 1 }, 'write_buffer_size 1073741825: needs an integer from 1 to 1073741824'],
    [{ dictionary_max_size: Number.NaN }, 'dictionary_max_size NaN: needs an integer from 1 to 1073741824'],
    [{ minhash_permutations: 4097 }, 'minhash_permutations 4097: needs an integer from 1 to 4096'],
    [{ enable_dictionary: 'true' }, 'enable_dictionary "true": needs true or false'],
    [{ enable_minhash: 1 }, 'enable_minhash 1: needs true or false'],
    [{ enable_bit_packing: [true] }, 'enable_bit_packing (a list): needs true or false'],
    [{ enable_bit_packing: {} }, 'enable_bit_packing (a map): needs true or false'],
    [{ enable_bit_packing: 10n }, 'enable_bit_packing 10: needs true or false'],
  ])('%o', (given, message) => {
    const error = refusal(given)
    expect(error.message).toBe(`a.yaml: ${message}`)
    expect(error.kind).toBe('invalid')
  })

  test('a long value is cut, and one of several lines stays one line', () => {
    expect(refusal({ compression_codec: 'x'.repeat(500) }).message.length).toBeLessThan(160)
    expect(refusal({ compression_codec: 'a\nb' }).message).toContain('compression_codec "a\\nb": needs')
  })

  test.each([
    ['compression_codecs', ' (did you mean compression_codec?)'],
    ['compressionLevel', ' (did you mean compression_level?)'],
    ['min_hash_permutations', ' (did you mean minhash_permutations?)'],
    ['profile', ''],
    ['__proto__', ''],
    ['constructor', ''],
  ])('an unknown key: %s', (key, hinted) => {
    expect(refusal(JSON.parse(`{"${key}":1}`)).message).toMatch(
      `a.yaml: unknown key ${key}${hinted}; known are compression_codec,`,
    )
  })
})
