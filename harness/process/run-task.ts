import { type ChildProcess, fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { LabError } from '../../lib/error.ts'
import { makeWorkFolder, removeWorkFolder } from '../../lib/storage/work-folder.ts'
import { compiledFolder } from '../compile/compiled-folder.ts'
import type { Message, Order, Report, Tasks } from './task.ts'
import { endWithUs } from './watchdog.ts'

const childPath = fileURLToPath(new URL('../child.ts', import.meta.url))
const running = new Set<ChildProcess>()

/** Runs one of these tasks, by its name, in a fresh process. */
export type RunTask<T extends Tasks> = <N extends keyof T & string>(
  task: N,
  job: Parameters<T[N]>[0],
  report: Report,
) => Promise<Awaited<ReturnType<T[N]>>>

/**
 * Runs a task in a fresh process, by its name: the code of its work need not be loaded here. A task that fails, and a
 * process that dies, become an `invalid` error with what is known of the reason.
 */
export function taskRunner<T extends Tasks>(): RunTask<T> {
  return (task, job, report) => runInProcess({ task, job }, report) as ReturnType<RunTask<T>>
}

async function runInProcess(order: Order, report: Report): Promise<unknown> {
  const folder = makeWorkFolder()
  const child = startChild(await compiledFolder(), folder)
  running.add(child)
  endWithUs(child)
  let output = ''
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4000)
    })
  return new Promise((resolve, reject) => {
    child.on('message', (message: Message) => {
      if ('spans' in message) report(message.spans)
      else if ('result' in message) resolve(message.result)
      else reject(new LabError('invalid', message.problem, { cause: message.stack }))
    })
    child.on('error', reject)
    child.on('close', (code, signal) => reject(new LabError('invalid', lastWords(code, signal, output))))
    child.send(order)
  }).finally(async () => {
    running.delete(child)
    child.kill()
    await removeWorkFolder(folder)
  })
}

/**
 * Starts compiled code where there is any; sources need a loader. Temporary files of the process go to a folder of ours,
 * since it may be killed.
 */
function startChild(compiled: string | undefined, temporaryFolder: string): ChildProcess {
  const isSource = compiled === undefined
  return fork(isSource ? childPath : join(compiled, 'start-child.cjs'), [], {
    execArgv: isSource ? ['--import', pathToFileURL(createRequire(childPath).resolve('tsx')).href] : [],
    env: { ...process.env, TMPDIR: temporaryFolder },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
}

/** Ends every process that is still at work. */
export function killTasks(): void {
  for (const child of running) child.kill('SIGKILL')
}

function lastWords(code: number | null, signal: string | null, output: string): string {
  const lines = output.split('\n').filter(line => line.trim() !== '')
  const reason = lines.find(line => /error|fatal/i.test(line)) ?? lines.at(-1)
  const end = signal ? `was ended by ${signal}` : `ended with exit code ${code}`
  return `its process ${end}${reason ? `: ${reason.trim().slice(0, 200)}` : ''}`
}
