import { spawn, spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { runSchema } from '../../../harness/runs/run-schema.ts'
import { lab, type Outcome } from '../../support/command.ts'
import { runTasksInProcess } from '../../support/tasks-in-process.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const loader = import.meta.resolve('tsx')
const before = process.cwd()
let folder: string

runTasksInProcess()
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-test-'))
  mkdirSync(join(folder, 'tmp'))
  process.chdir(folder)
})
afterAll(() => {
  process.chdir(before)
  rmSync(folder, { recursive: true })
})

/** Runs the command as a user would, in a process; `onStderr` sees what it has said so far. */
function labProcess(args: string[], options: { input?: string; onStderr?: (text: string, pid: number) => void } = {}) {
  const child = spawn(process.execPath, ['--import', loader, join(root, 'main.ts'), ...args], {
    cwd: folder,
    env: { ...process.env, TMPDIR: join(folder, 'tmp') },
  })
  const outcome: Outcome = { code: -1, stdout: '', stderr: '' }
  child.stdout.on('data', chunk => {
    outcome.stdout += chunk
  })
  child.stderr.on('data', chunk => {
    outcome.stderr += chunk
    options.onStderr?.(outcome.stderr, child.pid!)
  })
  child.stdin.end(options.input ?? '')
  return new Promise<Outcome>(resolve => child.on('close', code => resolve({ ...outcome, code: code ?? -1 })))
}

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content)
  return name
}

const span = '{"traceId":"0102","spanId":"03","name":"a","startTimeUnixNano":"5","endTimeUnixNano":"9"}\n'

test('--help teaches: commands, flags, examples', async () => {
  const { code, stdout } = await lab('--help')
  expect(code).toBe(0)
  for (const word of ['run', 'list', 'generate', '--input', '--phase', '--compare', 'Examples'])
    expect(stdout).toContain(word)
})

test('list shows phases, ideas and claims', async () => {
  const { code, stdout } = await lab('list')
  expect(code).toBe(0)
  expect(stdout).toMatch(/03 +CBOR \+ zstd +exact +blocks, by-trace/)
})

test.each([
  [['--phaze', '03'], /^unknown argument phaze \(did you mean phase\?\)/],
  [['lst'], /^unknown \w+ lst \(did you mean list\?\)/],
  [['--phase', '88'], /^--phase 88: no such phase.*there are 00, 01/],
  [['--phase', 'ndjsn'], /^--phase ndjsn: no such phase \(did you mean ndjson\?\)/],
  [['--variants', 'by-trce'], /^--variants by-trce: no chosen phase has it \(did you mean by-trace\?\)/],
  [['--size', 'medum'], /^--size medum: needs one of .*\(did you mean medium\?\)/],
  [['--workload', 'clasic'], /^--workload clasic: needs one of otel, classic, agent \(did you mean classic\?\)/],
  [['--faults', 'cold-cash'], /^--faults cold-cash: workload otel has slow-dep.* \(did you mean cold-cache\?\)/],
  [['--faults', 'all,none'], /^--faults all,none: all and none stand alone/],
  [['--faults', 'bad-version', '--workload', 'classic'], /^--faults bad-version: workload classic has no faults/],
  [['--seed', '-1'], /^--seed -1: needs an integer from 0 to/],
  [['--zstd-level', '99'], /^--zstd-level 99: needs an integer from 1 to 22/],
  [['--rounds', '0'], /^--rounds 0: needs an integer from 1/],
  [['--rounds', '2', '--rounds', '3'], /^--rounds: stands 2 times/],
  [['--input', 'x', '--size', 'small'], /^--size: does not go with --input/],
  [['--limit', '3'], /^--limit: goes with --input/],
  [['--skip-bad'], /^--skip-bad: goes with --input/],
  [['--format', 'otlp', '--input', 'x'], /^--format otlp: needs one of otlp-json/],
  [['--phase'], /phase/],
  [['generate'], /out/],
])('a wrong call ends with 2 and one line: %j', async (args, message) => {
  const { code, stdout, stderr } = await lab(...args)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(message)
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
})

test.each([
  ['no-such.json', undefined, /^no-such\.json: no such file/],
  ['page.json', '<!DOCTYPE html><html></html>', /^page\.json: .*HTML page/],
  ['empty.json', '', /^empty\.json: the input is empty/],
  ['other.json', '{"a":1}', /^other\.json: no traces begin with '\{"a":1\}'/],
  ['none.json', '{"resourceSpans":[]}', /^none\.json: holds no spans/],
  ['cut.json', '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"01"', /^cut\.json: otlp-json: byte \d+: /],
  ['cut.gz', gzipSync(span.repeat(50)).subarray(0, 60), /^cut\.gz: /],
  ['long.ndjson', `${span}${span.replace('"03"', '"030303030303030303"')}`, /^long\.ndjson: ndjson: line 2: .*spanId/],
  ['bad.ndjson', `${span}{"traceId":"01",\n`, /^bad\.ndjson: ndjson: line 2: /],
])('a bad input ends with 1 and one line: %s', async (name, content, message) => {
  if (content !== undefined) file(name, content)
  const { code, stdout, stderr } = await lab('--input', name, '--no-progress', '--results', 'unused')
  expect(stderr).toMatch(message)
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(readdirSync(folder)).not.toContain('unused')
})

test('a wrong call and a bad input end a process so too', async () => {
  for (const [args, code, stderr] of [
    [['--phase', '88'], 2, /^--phase 88: .*\n$/],
    [['--input', 'nowhere.json', '--no-progress'], 1, /^nowhere\.json: .*\n$/],
  ] as const)
    expect(await labProcess([...args])).toEqual({ code, stdout: '', stderr: expect.stringMatching(stderr) })
})

test('--json prints the run and nothing else, from standard input, and saves it; --compare finds nothing moved', async () => {
  const args = ['--input', '-', '--phase', '02', '--rounds', '1', '--no-progress', '--results', 'results']
  const { code, stdout, stderr } = await labProcess([...args, '--json'], { input: span })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const run = runSchema.parse(JSON.parse(stdout))
  expect(run.input).toMatchObject({ bytes: span.length, baselineBytes: span.length, traceCount: 1, spanCount: 1 })
  expect(run.rows.map(row => [row.phase, row.fidelity])).toEqual([['02', 'exact']])
  const saved = readdirSync(join(folder, 'results/runs'))
  expect(saved).toHaveLength(1)
  expect(readdirSync(join(folder, 'results'))).toEqual(['runs'])
  const path = join('results/runs', saved[0]!)
  expect(readFileSync(join(folder, path), 'utf8')).toBe(stdout)
  const again = await labProcess([...args, '--compare', path], { input: span })
  expect(again.stdout).toMatch(/Against results.*: nothing moved/)
  expect(again.stdout).not.toMatch(/bytes +\d/)
  const other = await labProcess([...args, '--compare', path], { input: span.replace('"a"', '"b"') })
  expect(other.code).toBe(1)
  expect(other.stderr).toMatch(/is of other data/)
})

test('generate writes OTLP JSON that reads back, and --limit takes some of it', async () => {
  const generate = ['generate', '--workload', 'classic', '--size', 'small', '--seed', '9', '--out']
  expect((await lab(...generate, 'generated.json')).code).toBe(0)
  const { stdout } = await lab(...generate, '-')
  expect(stdout).toBe(readFileSync(join(folder, 'generated.json'), 'utf8'))
  const args = ['--input', 'generated.json', '--phase', '00', '--rounds', '1', '--results', 'results', '--json']
  const whole = runSchema.parse(JSON.parse((await lab(...args)).stdout))
  expect(whole.input).toMatchObject({ traceCount: 100, bytes: stdout.length })
  expect(whole.rows[0]).toMatchObject({ sizeBytes: stdout.length, fidelity: 'exact' })
  const part = runSchema.parse(JSON.parse((await lab(...args, '--limit', '7')).stdout))
  expect(part.input).toMatchObject({ traceCount: 7, bytes: null })
  expect(part.rows[0]!.inputRatio).toBeNull()
})

test('generate writes the truth about faults beside the traces', async () => {
  const args = ['generate', '--size', 'small', '--faults', 'all', '--faults-out', 'faults.json', '--out', 'faulty.json']
  expect((await lab(...args)).code).toBe(0)
  const { source, faults } = JSON.parse(readFileSync(join(folder, 'faults.json'), 'utf8'))
  expect(source).toMatch(/^otel small, seed 1, slow-dependency, error-burst/)
  expect(faults.map((fault: { name: string }) => fault.name)).toContain('cold-cache')
  const ids: string[] = faults.flatMap((fault: { traceIds: string[] }) => fault.traceIds)
  expect(ids.length).toBeGreaterThan(3)
  const traces = readFileSync(join(folder, 'faulty.json'), 'utf8')
  expect(ids.filter(id => !traces.includes(id))).toEqual([])
})

const longRun = ['--workload', 'classic', '--phase', '22', '--rounds', '500', '--results', 'interrupted']

/** Sends a signal while a phase is timed; returns the outcome and the processes that the lab had started. */
async function interrupt(signal: NodeJS.Signals): Promise<Outcome & { started: number[] }> {
  let started: number[] | undefined
  const outcome = await labProcess(longRun, {
    onStderr: (text, pid) => {
      if (started || !text.includes(': time')) return
      started = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
      setTimeout(() => process.kill(pid, signal), 300)
    },
  })
  return { ...outcome, started: started! }
}

const leftFolders = () => readdirSync(join(folder, 'tmp')).filter(name => name.startsWith('trace-storage-lab'))

function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s ends with %d and leaves nothing behind', async (signal, expected) => {
  expect((await interrupt(signal)).code).toBe(expected)
  expect(leftFolders()).toEqual([])
  expect(readdirSync(folder)).not.toContain('interrupted')
})

test('processes end with a lab that is killed, and the next run removes what it left', async () => {
  const { started } = await interrupt('SIGKILL')
  expect(started.length).toBeGreaterThan(0)
  await vi.waitFor(() => expect(started.filter(isRunning)).toEqual([]), { timeout: 3000, interval: 50 })
  expect(leftFolders().length).toBeGreaterThan(0)
  const args = ['--input', '-', '--phase', '01', '--rounds', '1', '--results', 'results', '--no-progress']
  expect((await labProcess(args, { input: span })).code).toBe(0)
  expect(leftFolders()).toEqual([])
})

test('a full standard output is one line and exit code 1, whoever writes', async () => {
  const full = openSync('/dev/full', 'w')
  const input = file('full.ndjson', span)
  for (const args of [
    ['list'],
    ['convert', input, '--to', 'ndjson', '--out', '-', '--no-progress'],
    ['tags', input, '--json'],
    ['--help'],
  ]) {
    const child = spawnSync(process.execPath, ['--import', loader, join(root, 'main.ts'), ...args], {
      cwd: folder,
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    })
    expect([child.status, child.stderr], args.join(' ')).toEqual([1, 'standard output: the disk is full\n'])
  }
  closeSync(full)
})

test('a limit on the size of files is reported in words, and what was there stays', async () => {
  file('limited.json', 'before')
  const command = [process.execPath, '--import', loader, join(root, 'main.ts'), 'generate', '--size', 'small']
  const shell = ['-c', 'ulimit -f 8 && exec "$0" "$@"', ...command, '--out', 'limited.json']
  const child = spawnSync('sh', shell, { cwd: folder, encoding: 'utf8' })
  expect([child.status, child.stderr]).toEqual([
    1,
    'limited.json: the file would exceed the maximum file size (`ulimit -f`, or the limit of the file system)\n',
  ])
  expect(readFileSync(join(folder, 'limited.json'), 'utf8')).toBe('before')
  expect(readdirSync(folder).filter(name => name.startsWith('.trace'))).toEqual([])
})

test('a dash among the inputs of a command is standard input, also behind flags', async () => {
  for (const args of [
    ['convert', '-', '--to', 'ndjson', '--out', '-'],
    ['convert', '--to', 'ndjson', '--out', '-', '-'],
  ]) {
    const { code, stdout } = await labProcess(args, { input: span })
    expect([code, stdout], args.join(' ')).toEqual([0, span])
  }
})

test('convert writes blockpack by its flags, and reads it from a file, compressed and from standard input', async () => {
  const input = file('spans.jsonl', span)
  const written = await lab('convert', input, '--to', 'blockpack', '--compression-codec', 'lz4', '--out', 'spans.bp')
  expect([written.code, written.stdout]).toEqual([0, ''])
  const bytes = readFileSync(join(folder, 'spans.bp'))
  file('spans.bp.gz', gzipSync(bytes))
  for (const name of ['spans.bp', 'spans.bp.gz'])
    expect(await lab('convert', name, '--to', 'ndjson', '--out', '-', '--no-progress')).toEqual({
      code: 0,
      stdout: span,
      stderr: '',
    })
})

test('flags of blockpack go with blockpack', async () => {
  const input = file('spans.jsonl', span)
  const { code, stderr } = await lab('convert', input, '--to', 'ndjson', '--profile', 'default', '--out', 'x')
  expect([code, stderr]).toEqual([2, '--profile: goes with --to blockpack\n'])
})
