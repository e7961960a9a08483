import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lab } from '../../support/command.ts'

const span = '{"traceId":"0102","spanId":"03","name":"a","startTimeUnixNano":"5","endTimeUnixNano":"9"}\n'
let folder: string
let input: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'output-test-'))
  input = join(folder, 'in.ndjson')
  writeFileSync(input, span)
})
afterEach(() => rmSync(folder, { recursive: true }))

const convert = (from: string, to: string) => lab('convert', from, '--to', 'ndjson', '--out', to, '--no-progress')

test('a file that is also the input is replaced when all is read, by another name and in a folder too', async () => {
  symlinkSync('in.ndjson', join(folder, 'link'))
  for (const [from, to] of [
    [input, input],
    [input, join(folder, 'link')],
    [join(folder, 'link'), input],
  ] as const) {
    expect(await convert(from, to)).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(readFileSync(input, 'utf8')).toBe(span)
  }
  rmSync(join(folder, 'link'))
  expect(await convert(folder, join(folder, 'in.ndjson'))).toMatchObject({ code: 0 })
  expect(readdirSync(folder)).toEqual(['in.ndjson'])
})

test('what is written as the bytes come cannot be an input as well', async () => {
  const fifo = join(folder, 'fifo')
  execFileSync('mkfifo', [fifo])
  expect(await convert(fifo, fifo)).toEqual({
    code: 1,
    stdout: '',
    stderr: `--out ${fifo}: is also the input ${fifo}; write to another file\n`,
  })
})

test('/dev/null takes what is written, as often as it is named', async () => {
  expect(await convert(input, '/dev/null')).toEqual({ code: 0, stdout: '', stderr: '' })
  const args = ['--size', 'small', '--workload', 'classic', '--out', '/dev/null', '--faults-out', '/dev/null']
  expect(await lab('generate', ...args)).toMatchObject({ code: 0, stderr: '' })
  expect(statSync('/dev/null').isCharacterDevice()).toBe(true)
})

test('a full device is one line and exit code 1', async () => {
  expect(await convert(input, '/dev/full')).toEqual({ code: 1, stdout: '', stderr: '/dev/full: the disk is full\n' })
})

test('two flags cannot name the same file, and a bad second one is refused before the first is written', async () => {
  const generate = ['generate', '--size', 'small', '--workload', 'classic', '--out', join(folder, 'out')]
  symlinkSync('out', join(folder, 'link'))
  for (const name of ['out', 'link']) {
    const { code, stderr } = await lab(...generate, '--faults-out', join(folder, name))
    expect([code, stderr]).toEqual([1, `--faults-out ${join(folder, name)}: is also the file of --out\n`])
  }
  const { code, stderr } = await lab(...generate, '--faults-out', join(folder, 'no/faults'))
  expect([code, stderr]).toEqual([1, `${join(folder, 'no/faults')}: no such file or folder\n`])
  expect(readdirSync(folder).sort()).toEqual(['in.ndjson', 'link'])
})

test('a picture does not replace an input', async () => {
  mkdirSync(join(folder, 'below'))
  writeFileSync(join(folder, 'below/in.ndjson'), span)
  for (const from of [join(folder, 'below'), join(folder, 'below/in.ndjson')]) {
    const { code, stderr } = await lab('query', '{ } | rate()', from, '--svg', join(folder, 'below/in.ndjson'))
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^--svg .*: is also the input .*in\.ndjson; write to/)])
    expect(readFileSync(join(folder, 'below/in.ndjson'), 'utf8')).toBe(span)
  }
})

test.each([['run'], ['bench', 'queries'], ['bench', 'blocks'], ['bench', 'scale']])(
  'results that cannot be written end a %s %s before anything is read',
  async (...command) => {
    for (const [results, message] of [
      [join(input, 'results'), `${input}: is not a folder\n`],
      ['/proc/none/results', '/proc/none: the folder cannot be created: no such file or folder\n'],
    ] as const) {
      const { code, stderr } = await lab(...command, '--input', 'not-read', '--no-progress', '--results', results)
      expect([code, stderr]).toEqual([1, message])
    }
  },
)
