import { describe, expect, test } from 'vitest'
import { parseTempoConfig } from '../../../../../lib/formats/blockpack/write/tempo-config.ts'
import { labError } from '../../../../support/errors.ts'

const parse = (text: string) => parseTempoConfig(text, 'tempo.yaml')

function refusal(text: string): string {
  const error = labError(() => parse(text))
  expect(error.kind).toBe('invalid')
  return error.message
}

/** A file of a Tempo user with these lines in the map of blockpack, from line 16 on. */
function tempoYaml(...lines: string[]): string {
  return `# Tempo, single binary
server:
  http_listen_port: 3200
distributor:
  receivers:
    otlp: { protocols: { grpc: { endpoint: "0.0.0.0:4317" } } }
storage:
  trace:
    backend: s3
    s3: { bucket: traces, access_key: "\${ACCESS_KEY}" }
    wal:
      path: /var/tempo/wal
    block:
      version: vblockpack
      blockpack:
${lines.map(line => `        ${line}\n`).join('')}overrides:
  defaults: { metrics_generator: { processors: [service-graphs] } }
`
}

describe('what is set', () => {
  test('all nine keys, whatever else stands in the file', () => {
    const text = tempoYaml(
      'compression_codec: lz4',
      'compression_level: 3',
      'column_block_size: 131072 # bytes',
      'write_buffer_size: 2_097_152',
      'enable_dictionary: false',
      'dictionary_max_size: 0x100000',
      'enable_minhash: yes',
      'minhash_permutations: 256',
      'enable_bit_packing: off',
    )
    expect(parse(text)).toEqual({
      compressionCodec: 'lz4',
      compressionLevel: 3,
      columnBlockSize: 131_072,
      writeBufferSize: 2_097_152,
      enableDictionary: false,
      dictionaryMaxSize: 1_048_576,
      enableMinhash: true,
      minhashPermutations: 256,
      enableBitPacking: false,
    })
  })

  test('nothing, where the map is empty or missing', () => {
    expect(parse(tempoYaml())).toEqual({})
    expect(parse('storage: {trace: {block: {version: vblockpack}}}')).toEqual({})
    expect(parse('storage: {trace: {block: {version: vblockpack, blockpack: {}}}}')).toEqual({})
  })

  test('JSON is YAML, and so are aliases and merged maps', () => {
    expect(
      parse('{"storage":{"trace":{"block":{"version":"vblockpack","blockpack":{"enable_minhash":false}}}}}'),
    ).toEqual({
      enableMinhash: false,
    })
    const merged = `
common: &common { compression_codec: zstd, compression_level: 7 }
block: &block { version: vblockpack, blockpack: { <<: *common, compression_level: 9 } }
storage: { trace: { block: *block } }`
    expect(parse(merged)).toEqual({ compressionCodec: 'zstd', compressionLevel: 9 })
  })
})

describe('what is wrong is told with file, line and key', () => {
  const path = 'storage.trace.block.blockpack'

  test.each([
    [
      tempoYaml('enable_minhash: true', 'compression_codec: gzip'),
      `line 17: ${path}: compression_codec gzip: needs one of`,
    ],
    [tempoYaml('compression_level: "3"'), `line 16: ${path}: compression_level "3": needs an integer from 0 to 22`],
    [tempoYaml('compression_level:'), `line 16: ${path}: compression_level null: needs an integer from 0 to 22`],
    [tempoYaml(`enable_minhash: \${MINHASH}`), `line 16: ${path}: enable_minhash "\${MINHASH}": needs true or false`],
    [
      tempoYaml('minhash_permutation: 64'),
      `line 16: ${path}: unknown key minhash_permutation (did you mean minhash_permutations?)`,
    ],
    [tempoYaml('- compression_level'), `line 15: ${path} needs a map`],
    [tempoYaml('compression_level: 1', 'compression_level: 2'), 'line 17: Map keys must be unique'],
    [tempoYaml('compression_level: [1'), 'line 17: '],
    [tempoYaml('compression_level: *none'), 'Unresolved alias'],
    [
      tempoYaml().replace('vblockpack', 'vParquet4'),
      'line 14: storage.trace.block.version is vParquet4, needs vblockpack',
    ],
    [
      tempoYaml().replace('version: vblockpack', 'v2_index_downsample_bytes: 1'),
      'storage.trace.block.version is missing',
    ],
    ['storage:\n  trace: s3\n', 'line 2: storage.trace needs a map'],
    ['storage:\n  trace:\n    backend: s3\n', 'storage.trace.block is missing'],
    ['storage:\n  trace:\n', 'line 2: storage.trace is missing'],
    ['server: {}\n', 'storage is missing'],
    ['', 'storage.trace.block is missing'],
    ['just a text', 'its content needs a map'],
    ['- a list', 'its content needs a map'],
    ['a: 1\n---\nb: 2\n', 'line 2: Source contains multiple documents'],
    ['a:\n\tb: 1\n', 'line 2: '],
  ])('%s', (text, message) => {
    const told = refusal(text)
    expect(told.slice(0, 'tempo.yaml: '.length + message.length)).toBe(`tempo.yaml: ${message}`)
    expect(told).not.toContain('\n')
  })

  test('aliases that multiply, and a map that holds itself', () => {
    const laughs = Array.from(
      { length: 12 },
      (_, i) => `a${i}: &a${i} [${Array(10).fill(i === 0 ? '1' : `*a${i - 1}`)}]`,
    )
    expect(refusal(laughs.join('\n'))).toBe('tempo.yaml: Excessive alias count indicates a resource exhaustion attack')
    expect(refusal('storage: &s { trace: { block: *s } }')).toContain('version is missing')
  })

  test('a file cut at any place is refused or means less', () => {
    const text = tempoYaml('compression_codec: lz4', 'minhash_permutations: 256')
    for (let length = 0; length < text.length; length++) {
      let given = {}
      try {
        given = parse(text.slice(0, length))
      } catch {
        refusal(text.slice(0, length))
      }
      expect(Object.keys(given).length).toBeLessThanOrEqual(2)
    }
  })
})
