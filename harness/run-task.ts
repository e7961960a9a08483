import { type ChildProcess, fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { LabError } from '../lib/error.ts'
import { makeWorkFolder, removeWorkFolder } from '../lib/storage/work-folder.ts'
import type { Message } from './child.ts'
import { compiledFolder } from './compiled-folder.ts'
import type { Report, TaskName, Tasks } from './tasks.ts'
import { endWithUs } from './watchdog.ts'

type Job<T extends TaskName> = Parameters<Tasks[T]>[0]
type Result<T extends TaskName> = Awaited<ReturnType<Tasks[T]>>

const childPath = fileURLToPath(new URL('./child.ts', import.meta.url))
const running = new Set<ChildProcess>()

/**
 * Runs one task in a fresh process. A task that fails, and a process that dies, become an `invalid` error with what is
 * known of the reason.
 */
export async function runTask<T extends TaskName>(task: T, job: Job<T>, report: Report): Promise<Result<T>> {
  const folder = makeWorkFolder()
  const child = startChild(await compiledFolder(), folder)
  running.add(child)
  endWithUs(child)
  let output = ''
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4000)
    })
  return new Promise<Result<T>>((resolve, reject) => {
    child.on('message', (message: Message) => {
      if ('spans' in message) report(message.spans)
      else if ('result' in message) resolve(message.result as Result<T>)
      else reject(new LabError('invalid', message.problem, { cause: message.stack }))
    })
    child.on('error', reject)
    child.on('exit', (code, signal) => reject(new LabError('invalid', lastWords(code, signal, output))))
    child.send({ task, job })
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
