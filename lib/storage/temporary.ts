import { createHash, randomBytes } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'

/**
 * Temporary files and folders. Their names say which process they belong to: of which machine, its id, and when it
 * started, since ids are used again. What a killed process has left is removed by the next one.
 */

/** How a folder is removed in which a process that was killed may still be writing. */
export const removal = { recursive: true, force: true, maxRetries: 5 } as const

/** Temporary files and folders in use: what a program that is interrupted must remove. */
export const pending: Set<string> = new Set()

/** Removes what this process has not finished. */
export function removePending(): void {
  for (const path of pending)
    try {
      rmSync(path, removal)
    } catch {
      // It stays for the next run, and the others go.
    }
}

/** A new name in `folder`, which is pending from now on. Before the first one, what is abandoned there is removed. */
export function temporaryIn(folder: string, prefix = ''): string {
  if (!cleared.has(folder)) removeAbandoned(folder)
  cleared.add(folder)
  const name = [stem, processStamp(), randomBytes(6).toString('hex')].join('-')
  const path = join(folder, prefix + name)
  pending.add(path)
  return path
}

/** What `work` does with a new name in `folder`; a file that has it afterwards is removed. */
export async function withTemporary<T>(folder: string, work: (path: string) => Promise<T>): Promise<T> {
  const path = temporaryIn(folder, '.')
  try {
    return await work(path)
  } finally {
    await rm(path, { force: true })
    pending.delete(path)
  }
}

/** Which process this is: of which machine, its id, and when it started. */
export function processStamp(): string {
  return [machine, process.pid, startOf(statusOf(process.pid))].join('-')
}

/** Whether the process of a stamp is running; undefined where it is of another machine, or no stamp. */
export function isStampRunning(stamp: string): boolean | undefined {
  const [, host, pid, start] = /^([0-9a-f]{8})-(\d+)-(\d+)$/.exec(stamp) ?? []
  return host === machine ? isRunning(Number(pid), Number(start)) : undefined
}

const cleared = new Set<string>()
const stem = 'trace-storage-lab'
const pattern = new RegExp(`^\\.?${stem}-([0-9a-f]{8})-(\\d+)-(\\d+)-[0-9a-f]{12}$`)
const machine = machineName()

/** Of the host and, since containers can share a folder and a host name, of the namespace of process ids. */
function machineName(): string {
  return createHash('sha256').update(`${hostname()} ${processNamespace()}`).digest('hex').slice(0, 8)
}

function processNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

/** Removes what this user's processes on this machine have left in a folder and can no longer remove themselves. */
export function removeAbandoned(folder: string): void {
  try {
    for (const name of readdirSync(folder))
      if (isAbandoned(folder, name)) rmSync(join(folder, name), { recursive: true })
  } catch {
    // It stays for the next run; this one does not need the room.
  }
}

function isAbandoned(folder: string, name: string): boolean {
  const [, host, pid, start] = pattern.exec(name) ?? []
  if (host !== machine || isRunning(Number(pid), Number(start))) return false
  return lstatSync(join(folder, name)).uid === process.getuid?.()
}

/** True for a process that has not ended and started at that time, where the system reports times. */
function isRunning(pid: number, start: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
  const status = statusOf(pid)
  return status === undefined || (!isEnded(status) && startOf(status) === start)
}

function isEnded([state]: readonly string[]): boolean {
  return state === 'Z' || state === 'X'
}

/** When a process started, in ticks since the machine did; 0 where the system does not report it. */
function startOf(status: readonly string[] | undefined): number {
  return Number(status?.[19] ?? 0)
}

/** What Linux knows of a process, from its state on. */
function statusOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}
