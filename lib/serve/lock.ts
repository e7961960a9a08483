import { createHash } from 'node:crypto'
import { link, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LabError } from '../error.ts'
import { makeFolder } from '../storage/folder.ts'
import { isStampRunning, processStamp, withTemporary } from '../storage/temporary.ts'

const lockName = 'lock'
const touchMillis = 10_000
/** A lock of another machine that was not touched for so long is nobody's. */
const staleMillis = 30_000

/** Keeps other processes from a folder until it is released. */
export interface FolderLock {
  release(): Promise<void>
}

/** Locks a folder; fails where another process that is running has locked it. */
export async function lockFolder(folder: string): Promise<FolderLock> {
  makeFolder(folder)
  const path = join(folder, lockName)
  await withTemporary(folder, async temporary => {
    await writeFile(temporary, processStamp())
    await takeLock(folder, path, temporary)
  })
  const touching = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), touchMillis)
  touching.unref()
  return {
    release: async () => {
      clearInterval(touching)
      await rm(path, { force: true })
    },
  }
}

async function linkNew(temporary: string, path: string): Promise<boolean> {
  try {
    await link(temporary, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Makes a lock of a file with the own stamp; fails where a process that is running has it. */
async function takeLock(folder: string, path: string, stamped: string): Promise<void> {
  while (!(await linkNew(stamped, path))) await removeStale(folder, path, stamped)
}

/**
 * Removes a lock whose process has ended. That needs a lock of its own, which is named by what it removes: nobody else can
 * have replaced that meanwhile, and whoever comes late finds another one in its place.
 */
async function removeStale(folder: string, path: string, stamped: string): Promise<void> {
  const stamp = await stampOf(path)
  if (stamp === undefined) return
  if (await isHeld(stamp, path)) throw inUse(folder, stamp)
  const removal = `${path}-${createHash('sha1').update(stamp).digest('hex').slice(0, 16)}`
  await takeLock(folder, removal, stamped)
  try {
    if ((await stampOf(path)) === stamp) await rm(path)
  } finally {
    await rm(removal)
  }
}

function stampOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}

async function isHeld(stamp: string, path: string): Promise<boolean> {
  const isRunning = isStampRunning(stamp)
  if (isRunning !== undefined) return isRunning
  const found = await stat(path).catch(() => undefined)
  return found !== undefined && Date.now() - found.mtimeMs < staleMillis
}

function inUse(folder: string, stamp: string): LabError {
  const pid = stamp.split('-')[1]
  const who = isStampRunning(stamp) === undefined ? 'a process of another machine' : `process ${pid}`
  return new LabError('invalid', `${folder}: in use by ${who}; stop it, or choose another folder`)
}
