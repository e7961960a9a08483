import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import yargs from 'yargs'
import { type BlockpackArguments, blockpackConfigFrom, blockpackFlags } from '../../../harness/cli/blockpack-flags.ts'
import { LabError } from '../../../lib/error.ts'
import { profiles } from '../../../lib/formats/blockpack/write/config.ts'
import { labRejection } from '../../support/errors.ts'

const folder = mkdtempSync(join(tmpdir(), 'blockpack-flags-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

let told = ''
beforeEach(() => {
  told = ''
  vi.spyOn(process.stderr, 'write').mockImplementation(chunk => {
    told += chunk
    return true
  })
})

/** The configuration that a call of a command with these flags gives. */
async function configOf(...args: string[]) {
  const parsed = await yargs(args)
    .options(blockpackFlags)
    .strict()
    .exitProcess(false)
    .fail(message => {
      throw new LabError('usage', message)
    })
    .parseAsync()
  return blockpackConfigFrom(parsed as BlockpackArguments)
}

function tempoFile(name: string, blockpack: string): string {
  const path = join(folder, name)
  writeFileSync(path, `storage: { trace: { block: { version: vblockpack, blockpack: ${blockpack} } } }\n`)
  return path
}

describe('what holds', () => {
  test('without flags the default, and nothing is told', async () => {
    expect(await configOf()).toEqual(profiles.default)
    expect(told).toBe('')
  })

  test.each(Object.entries(profiles))('a profile: %s, and nothing is told', async (name, profile) => {
    expect(await configOf('--profile', name)).toEqual(profile)
    expect(told).toBe('')
  })

  test('each key has its flag', async () => {
    const flags = [
      ['--compression-codec', 'zstd'],
      ['--compression-level', '0'],
      ['--column-block-size', '1'],
      ['--write-buffer-size', '2'],
      ['--no-enable-dictionary'],
      ['--dictionary-max-size', '3'],
      ['--enable-minhash'],
      ['--minhash-permutations', '64'],
      ['--enable-bit-packing=false'],
    ]
    expect(await configOf('--profile', 'low-memory', ...flags.flat())).toEqual({
      compressionCodec: 'zstd',
      compressionLevel: 0,
      columnBlockSize: 1,
      writeBufferSize: 2,
      enableDictionary: false,
      dictionaryMaxSize: 3,
      enableMinhash: true,
      minhashPermutations: 64,
      enableBitPacking: false,
    })
    expect(Object.keys(blockpackFlags)).toHaveLength(2 + flags.length)
  })

  test('a switch is on by its name, and on or off by its value', async () => {
    for (const args of [['--enable-minhash'], ['--enable-minhash', 'true'], ['--enable-minhash=true']])
      expect((await configOf('--profile', 'low-memory', ...args)).enableMinhash, args.join(' ')).toBe(true)
    for (const args of [['--no-enable-minhash'], ['--enable-minhash', 'false'], ['--enable-minhash=false']])
      expect((await configOf(...args)).enableMinhash, args.join(' ')).toBe(false)
    expect((await configOf('--enable-minhash', '--profile', 'low-memory')).enableMinhash).toBe(true)
  })

  test('a flag before the file, the file before the profile', async () => {
    const file = tempoFile('order.yaml', '{ column_block_size: 1000, minhash_permutations: 64 }')
    const args = ['--config', file, '--profile', 'max-compression', '--minhash-permutations', '256']
    expect(await configOf(...args)).toEqual({
      ...profiles['max-compression'],
      columnBlockSize: 1000,
      minhashPermutations: 256,
    })
  })
})

test('a level without effect is told once, where a flag or the file set it', async () => {
  const warning = 'warning: compression_level 5: no effect, lz4 has no levels\n'
  await configOf('--compression-codec', 'lz4', '--compression-level', '5')
  expect(told).toBe(warning)
  told = ''
  await configOf('--compression-codec', 'lz4', '--config', tempoFile('level.yaml', '{ compression_level: 5 }'))
  expect(told).toBe(warning)
})

describe('refusals', () => {
  test.each([
    [
      ['--profile', 'max-compresion'],
      /^--profile max-compresion: needs one of default, .*\(did you mean max-compression\?\)$/,
    ],
    [['--compression-codec', 'snapy'], /^--compression-codec snapy: needs one of .* \(did you mean snappy\?\)$/],
    [['--compression-level', '23'], /^--compression-level 23: needs an integer from 0 to 22$/],
    [['--column-block-size', '64k'], /^--column-block-size 64k: needs an integer from 1 to 1073741824$/],
    [['--minhash-permutations', '0'], /^--minhash-permutations 0: needs an integer from 1 to 4096$/],
    [['--compression-level', '1', '--compression-level', '2'], /^--compression-level: stands 2 times$/],
    [['--enable-minhash', '--no-enable-minhash'], /^--enable-minhash: stands 2 times$/],
    [['--enable-minhash', 'maybe'], /^--enable-minhash maybe: needs one of true, false$/],
    [['--enable-minhash=maybe'], /^--enable-minhash maybe: needs one of true, false$/],
    [['--config', 'nowhere.yaml'], /^nowhere\.yaml: no such file, or not readable$/],
    [['--config', ''], /^--config: its value is missing$/],
  ])('%j', async (args, message) => {
    const error = await labRejection(configOf(...args))
    expect(error.message).toMatch(message)
    expect(error.kind).toBe(args[1] === 'nowhere.yaml' ? 'missing' : 'usage')
  })

  test('what is wrong in the file names it', async () => {
    const file = tempoFile('bad.yaml', '{ compression_codec: gzip }')
    const error = await labRejection(configOf('--config', file))
    expect(error.message).toBe(
      `${file}: line 1: storage.trace.block.blockpack: compression_codec gzip: needs one of none, zstd, snappy, lz4`,
    )
  })
})
