import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
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
    while (!(await linkNew(temporary, path))) await removeStale(folder, path)
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

/** Removes a lock whose process has ended; of several processes that do so, none removes another one's new lock. */
async function removeStale(folder: string, path: string): Promise<void> {
  const stamp = await readFile(path, 'utf8').catch(() => undefined)
  if (stamp === undefined) return
  if (await isHeld(stamp, path)) throw inUse(folder, stamp)
  await withTemporary(folder, async moved => {
    await rename(path, moved).catch(() => {})
    const movedStamp = await readFile(moved, 'utf8').catch(() => stamp)
    if (movedStamp !== stamp) await linkNew(moved, path)
  })
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
