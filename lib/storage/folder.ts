import { closeSync, mkdirSync, openSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { LabError, systemError } from '../error.ts'
import { systemReason } from '../system-reasons.ts'
import { pending, temporaryIn } from './temporary.ts'

/**
 * Makes a folder and those above it; returns the ones that were missing, the highest first. Node's own recursive
 * `mkdir` never ends where the system answers ENOENT for a folder whose parent exists, as below /proc.
 */
export function makeFolder(path: string): string[] {
  const missing: string[] = []
  let existing = resolve(path)
  for (; !exists(existing); existing = dirname(existing)) missing.unshift(existing)
  if (!statSync(existing).isDirectory()) throw new LabError('missing', `${existing}: is not a folder`)
  missing.forEach(makeOne)
  return missing
}

/** Throws where no file can be written into a folder; a folder that is missing is missing afterwards as well. */
export function probeFolder(path: string): void {
  const made = makeFolder(path)
  const file = temporaryIn(path, '.')
  try {
    closeSync(openSync(file, 'wx'))
  } catch (error) {
    throw systemError(path, error)
  } finally {
    rmSync(file, { force: true })
    pending.delete(file)
    removeEmpty(made)
  }
}

function exists(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return false
    throw systemError(path, error)
  }
}

function makeOne(folder: string): void {
  try {
    mkdirSync(folder)
  } catch (error) {
    if (isFolder(folder)) return
    throw new LabError('missing', `${folder}: the folder cannot be created: ${systemReason(error)}`, { cause: error })
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

/** Removes folders that were made, the highest first, as far as nobody has put something there. */
export function removeEmpty(made: readonly string[]): void {
  try {
    for (const folder of made.toReversed()) rmdirSync(folder)
  } catch {
    // Another run is using it.
  }
}
