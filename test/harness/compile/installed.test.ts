import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const installed = 'node_modules/trace-storage-lab'
const id = 'a102030405060708090a0b0c0d0e0f10'
const span = `{"traceId":"${id}","spanId":"0102030405060708","name":"a","startTimeUnixNano":"5","endTimeUnixNano":"9"}\n`
let folder: string

/** Packs, and installs what npm would: the tarball, its commands, and, by links in place of the network, its packages. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'installed-test-'))
  mkdirSync(join(folder, installed), { recursive: true })
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: root })
  const tarball = readdirSync(folder).find(name => name.endsWith('.tgz'))!
  execFileSync('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1'], { cwd: folder })
  mkdirSync(join(folder, 'node_modules/.bin'))
  const { bin } = JSON.parse(readFileSync(join(folder, installed, 'package.json'), 'utf8'))
  for (const [name, path] of Object.entries<string>(bin))
    symlinkSync(join('../trace-storage-lab', path), join(folder, 'node_modules/.bin', name))
  for (const path of packages()) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    symlinkSync(join(root, path), join(folder, path))
  }
  writeFileSync(join(folder, 'traces.ndjson'), span)
})
afterAll(() => rmSync(folder, { recursive: true }))

/** The packages that come with the tarball: not those that only its development needs. */
function packages(): string[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean }>
  }
  const isTop = (path: string) => path.lastIndexOf('node_modules/') === 0
  const present = Object.entries(lock.packages).filter(
    ([path, { dev, devOptional }]) => isTop(path) && !dev && !devOptional,
  )
  return present.map(([path]) => path)
}

interface Outcome {
  code: number
  stdout: string
  stderr: string
}

function run(command: string, ...args: string[]): Promise<Outcome> {
  return new Promise(resolve =>
    execFile(join(folder, 'node_modules/.bin', command), args, { cwd: folder }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    ),
  )
}

test('the command runs under both names, without compiler and loader', async () => {
  expect(readdirSync(join(folder, 'node_modules'))).not.toEqual(expect.arrayContaining(['esbuild', 'tsx', 'yargs']))
  for (const name of ['trace-lab', 'trace-storage-lab'])
    expect(await run(name, 'list')).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^00 +raw JSON.*23 +vParquet4/s),
      stderr: '',
    })
  expect((await run('trace-lab', '--help')).stdout).toMatch(/^ +trace-lab query <query> <in..>/m)
})

test('a run starts its processes, and writes results and datasets where it is called', async () => {
  const { code, stdout, stderr } = await run(
    'trace-lab',
    '--size',
    'small',
    '--phase',
    '01',
    '--rounds',
    '1',
    '--no-progress',
  )
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^ *01 NDJSON .* exact/m)
  const [name] = readdirSync(join(folder, 'results/runs'))
  const { environment } = JSON.parse(readFileSync(join(folder, 'results/runs', name!), 'utf8'))
  expect(environment.commit, 'of the repository that it is installed in').toBeNull()
  expect(readdirSync(join(folder, 'datasets')).length).toBeGreaterThan(0)
  expect(readdirSync(join(folder, installed)).sort()).toEqual(
    ['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'docs', 'lib', 'package.json', 'results'].sort(),
  )
  // By which clusters are planned.
  for (const run of readdirSync(join(folder, installed, 'results/runs'))) expect(run).toMatch(/-cluster\.json$/)
})

test('a query finds what a conversion wrote', async () => {
  const out = ['--to', 'blockpack', '--out', 'traces.bp', '--no-progress']
  expect(await run('trace-lab', 'convert', 'traces.ndjson', ...out)).toEqual({ code: 0, stdout: '', stderr: '' })
  const { code, stdout } = await run('trace-lab', 'query', '{ }', 'traces.bp')
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(id) })
})

test('it has the cases of the conformance suite', async () => {
  const server = 'http://127.0.0.1:1'
  const { code, stderr } = await run('trace-lab', 'conformance', '--push', server, '--query', server, '--only', 'nill')
  expect(code).toBe(2)
  expect(stderr).toMatch(/^--only nill: needs some of values, .*nil, .*did you mean nil/)
})

const program = `import { openLocal, readChunks, readTraces, type Trace } from 'trace-storage-lab'
const traces: Trace[] = []
for await (const batch of readTraces(readChunks(await openLocal('traces.ndjson')))) traces.push(...batch)
const id: string = traces[0]!.traceId
// @ts-expect-error the types are those of the library
const wrong: number = traces[0]!.traceId
console.log(id, wrong)
`

test('an import is typed, and runs', async () => {
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(folder, 'program.ts'), program)
  // The package brings types of a Node of its own choice, or none.
  const types = join(folder, 'node_modules/@types/node')
  rmSync(types, { recursive: true, force: true })
  mkdirSync(dirname(types), { recursive: true })
  symlinkSync(join(root, 'node_modules/@types/node'), types)
  const flags = ['--strict', '--module', 'nodenext', '--target', 'es2023', '--types', 'node', 'program.ts']
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...flags], { cwd: folder })
  const printed = execFileSync(process.execPath, ['program.js'], { cwd: folder, encoding: 'utf8' })
  expect(printed).toBe(`${id} ${id}\n`)
})

const workersProgram = `import { BlockpackReader, blockpackSource, openLocal, parseQuery, search, WorkerPool } from 'trace-storage-lab'
const source = blockpackSource(await BlockpackReader.open(await openLocal('traces.bp')))
const workers = new WorkerPool(2, 0)
const { traces } = await search(source, parseQuery('{ name = "a" }'), { workers })
console.log(traces.map(trace => trace.traceID).join())
`

test('a search by workers needs no end of theirs: the process ends', async () => {
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(folder, 'workers.js'), workersProgram)
  await run('trace-lab', 'convert', 'traces.ndjson', '--to', 'blockpack', '--out', 'traces.bp', '--no-progress')
  expect(execFileSync(process.execPath, ['workers.js'], { cwd: folder, encoding: 'utf8' })).toBe(`${id}\n`)
})

test('the command has what its threads run', async () => {
  const worker = new Worker(join(folder, installed, 'dist/start-worker.cjs'))
  worker.postMessage({ job: 1, task: 'none', input: 0, shares: [] })
  const [{ job, outcome }] = await once(worker, 'message')
  expect({ job, outcome }).toEqual({ job: 1, outcome: { problem: expect.anything() } })
  await worker.terminate()
})
