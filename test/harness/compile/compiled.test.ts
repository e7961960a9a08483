import { execFile } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isWhole } from '../../../harness/compile/compiled.ts'
import { compiledFolder } from '../../../harness/compile/compiled-folder.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const loader = import.meta.resolve('tsx')
let checkout: string
let cache: string

beforeAll(() => {
  checkout = mkdtempSync(join(tmpdir(), 'compiled-test-'))
  for (const name of ['main.ts', 'package.json', 'harness', 'phases', 'generator', 'lib'])
    cpSync(join(root, name), join(checkout, name), { recursive: true })
  mkdirSync(join(checkout, 'node_modules'))
  for (const name of readdirSync(join(root, 'node_modules')))
    if (!name.startsWith('.')) symlinkSync(join(root, 'node_modules', name), join(checkout, 'node_modules', name))
  cache = join(checkout, 'node_modules/.cache/trace-storage-lab')
})
afterAll(() => rmSync(checkout, { recursive: true }))

interface Outcome {
  code: number
  stdout: string
  stderr: string
}

function lab(...args: string[]): Promise<Outcome> {
  const command = ['--import', loader, join(checkout, 'main.ts'), ...args]
  return new Promise(resolve =>
    execFile(process.execPath, command, { cwd: checkout }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    ),
  )
}

/** Runs `work` with phases of these texts dropped in, from the given number on. */
async function withPhases(first: number, texts: readonly string[], work: () => Promise<void>): Promise<void> {
  const paths = texts.map((_, i) => join(checkout, `phases/${first + i}-dropped-in.ts`))
  for (const [i, path] of paths.entries()) writeFileSync(path, texts[i]!)
  await work().finally(() => paths.map(path => rmSync(path)))
}

/** Lets the next start compile: a second and more of CPU time, which starts after it share. */
function removeCompiled(): void {
  rmSync(join(checkout, 'node_modules/.cache'), { recursive: true, force: true })
}

const good = { code: 0, stdout: expect.stringMatching(/^00 +raw JSON.*23 +vParquet4/s), stderr: '' }

test('several first starts at once share one compiled folder, and leave nothing else', async () => {
  removeCompiled()
  expect(await Promise.all([lab('list'), lab('list'), lab('list')])).toEqual([good, good, good])
  expect(readdirSync(cache)).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)])
})

test('a folder with a cut, an emptied or a missing file is not whole', async () => {
  await lab('list')
  const folder = join(cache, readdirSync(cache)[0]!)
  expect(isWhole(folder)).toBe(true)
  for (const spoil of [
    (copy: string) => truncateSync(join(copy, 'lab.cjs'), 1000),
    (copy: string) => truncateSync(join(copy, 'inventory.json'), 0),
    (copy: string) => rmSync(join(copy, 'start-child.cjs')),
  ]) {
    const copy = join(checkout, 'copy')
    cpSync(folder, copy, { recursive: true })
    spoil(copy)
    expect(isWhole(copy), String(spoil)).toBe(false)
    rmSync(copy, { recursive: true })
  }
})

test('a folder that is not whole is compiled again; what V8 remembers may be rubbish', async () => {
  removeCompiled()
  await lab('list')
  const folder = join(cache, readdirSync(cache)[0]!)
  const memory = readdirSync(folder).find(name => name.endsWith(process.version))!
  for (const spoil of [
    () => truncateSync(join(folder, 'lab.cjs'), 1000),
    () => writeFileSync(join(folder, memory), 'rubbish'),
    () => truncateSync(join(folder, memory), 5000),
  ]) {
    spoil()
    expect(await lab('list'), String(spoil)).toEqual(good)
    expect(readdirSync(folder)).toEqual(
      expect.arrayContaining(['inventory.json', 'lab.cjs', 'start-child.cjs', memory]),
    )
  }
})

test('the compiled code reads a regex beyond ASCII as the sources do: a duration of microseconds', async () => {
  const span = '{"traceId":"01","spanId":"02","name":"a","startTimeUnixNano":"0","endTimeUnixNano":"1000"}'
  writeFileSync(join(checkout, 'traces.ndjson'), span)
  const { code, stdout } = await lab('query', '{ duration = 1µs }', join(checkout, 'traces.ndjson'), '--json')
  expect({ code, traces: JSON.parse(stdout).traces?.length }).toEqual({ code: 0, traces: 1 })
  for (const folder of readdirSync(cache))
    expect(readFileSync(join(cache, folder, 'lab.cjs')).some(byte => byte > 127)).toBe(false)
})

test('where nothing can be written the sources run', async () => {
  removeCompiled()
  writeFileSync(join(checkout, 'node_modules/.cache'), 'a file where a folder should be')
  expect(await lab('list')).toEqual(good)
  removeCompiled()
})

test('an edited source counts at the next start, and stays where it is for what it looks up', async () => {
  await lab('list')
  const phase = `import { readFileSync } from 'node:fs'
import base from './01-ndjson.ts'
const places = [import.meta.url, import.meta.filename, import.meta.dirname]
export default { ...base, title: 'dropped in', idea: readFileSync(new URL('../package.json', import.meta.url)).length + places.join() }`
  await withPhases(88, [phase], async () => {
    const { stdout } = await lab('list')
    const path = join(checkout, 'phases/88-dropped-in.ts')
    expect(stdout).toMatch(/88 +dropped in/)
    expect(stdout).toContain(`file://${path},${path},${join(checkout, 'phases')}`)
    const run = await lab('--size', 'small', '--workload', 'classic', '--phase', '88', '--rounds', '1', '--no-progress')
    expect(run.stdout).toMatch(/88 dropped in.*exact/)
  })
  expect(await lab('list')).toEqual(good)
})

test('phases that do not parse, import what is not there or throw are problems of their own, and nothing else', async () => {
  const broken = [
    'export default {',
    "import '../lib/nothing.ts'",
    "import 'no-such-package'",
    "throw new Error('on purpose')",
  ]
  removeCompiled()
  await withPhases(85, broken, async () => {
    const { code, stdout } = await lab('list')
    expect(code).toBe(1)
    expect(stdout).toMatch(/^00 +raw JSON.*23 +vParquet4/s)
    for (const [i, text] of broken.entries())
      expect(stdout, text).toMatch(
        new RegExp(`^${85 + i} +${85 + i}-dropped-in +PROBLEM\\n +cannot be loaded: \\S`, 'm'),
      )
    expect(readdirSync(cache), 'the rest is compiled').toHaveLength(1)
  })
})

test('--stack names lines of the sources', async () => {
  const { stderr } = await lab('query', '{', 'none', '--stack')
  expect(stderr).toMatch(/LabError: traceql at line 1.*harness\/open\/query-text\.ts:\d+/s)
})

test('several starts of one process find the compiled code once, since a second compilation would not end', async () => {
  const found = [compiledFolder(), compiledFolder()]
  expect(found[0]).toBe(found[1])
  expect(await found[0]).toMatch(/trace-storage-lab\/[0-9a-f]{32}$/)
})
