import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lab } from '../../support/command.ts'

const span = { traceId: '1f', spanId: '01', name: 'a', startTimeUnixNano: '1', endTimeUnixNano: '2' }
let folder: string
let input: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tempo-block-test-'))
  input = join(folder, 'one.json')
  writeFileSync(input, JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }))
})
afterAll(() => rmSync(folder, { recursive: true }))

const convert = (...args: string[]) => lab('convert', input, '--to', 'vparquet4', '--no-progress', ...args)
const columns = (list: string) => ['--dedicated-columns', list]

test.each([
  [2, ['--out', '-'], /^--out -: a block is a folder of several files, so name one/],
  [2, ['--tenant', '../other'], /^--tenant: "..\/other": has a slash/],
  [2, ['--tenant', '.hidden'], /^--tenant: key ".hidden": expected segments of letters/],
  [2, ['--tenant', 'a', '--tenant', 'b'], /^--tenant: stands 2 times/],
  [2, columns('http.method'), /^--dedicated-columns: dedicated column http.method: scope "http", needs one of/],
  [2, columns('span.a,,span.b'), /^--dedicated-columns: a name is missing/],
  [1, columns('span.a,resource.a,span.a:int'), /^dedicated column span.a: stands twice/],
])('a block that cannot be: exit code %d, %j', async (code, args, message) => {
  const out = join(folder, 'refused')
  const outcome = await convert(...(args.includes('--out') ? args : ['--out', out, ...args]))
  expect(outcome).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(message) })
  expect(existsSync(out)).toBe(false)
  expect(existsSync('-')).toBe(false)
})

test('a file in the place of the folder is told, by its path', async () => {
  for (const out of [input, join(input, 'below')])
    expect(await convert('--out', out)).toMatchObject({ code: 1, stderr: `${input}: is not a folder\n` })
})

test('inspect takes the folder of a store that has one block, and asks which of several', async () => {
  const store = join(folder, 'blocks')
  await convert('--out', store)
  for (const args of [[], ['--by', 'service']]) {
    const { code, stdout } = await lab('inspect', store, ...args)
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^data\.parquet: .* 1 span/s) })
  }
  await convert('--out', store)
  const { code, stderr } = await lab('inspect', store)
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/: holds 2 files; name one, as .*\/data\.parquet$/m),
  })
})

test('inspect refuses half a block whose folder is named, however it is asked, and reads its data alone', async () => {
  const block = (await convert('--out', join(folder, 'half'))).stdout.trim()
  rmSync(join(block, 'meta.json'))
  rmSync(join(block, 'bloom-0'))
  rmSync(join(block, 'index'))
  for (const args of [[], ['--by', 'attribute']]) {
    const { code, stderr } = await lab('inspect', block, ...args)
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/data\.parquet: half a block: /) })
    expect(await lab('inspect', join(block, 'data.parquet'), ...args)).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^warning: .*data\.parquet: read alone, /),
    })
  }
})

test('the folder of the block is printed', async () => {
  const { code, stdout } = await convert('--out', join(folder, 'store'), '--tenant', 'mine', ...columns('span.a'))
  expect(code).toBe(0)
  expect(existsSync(join(stdout.trim(), 'meta.json'))).toBe(true)
  expect(stdout).toContain(join('store', 'mine'))
})

test('a warning is one line', async () => {
  const block = (await convert('--out', join(folder, 'bare'))).stdout.trim()
  rmSync(join(block, 'bloom-0'))
  expect(await lab('trace', '1f', block)).toMatchObject({
    code: 0,
    stderr: `warning: ${block}/data.parquet: bloom-0: is missing: ids are looked for without it\n`,
  })
})
