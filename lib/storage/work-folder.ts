import { mkdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { systemError } from '../error.ts'
import { pending, removal, temporaryIn } from './temporary.ts'

/** Makes a folder for temporary files, which `removeWorkFolder` or an interruption removes. */
export function makeWorkFolder(directory: string = tmpdir()): string {
  const folder = temporaryIn(directory)
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    pending.delete(folder)
    throw systemError(`${directory}: its folder for temporary files`, error)
  }
  return folder
}

export async function removeWorkFolder(folder: string): Promise<void> {
  await rm(folder, removal)
  pending.delete(folder)
}

/** What `work` gives, which has a folder of its own as long as it runs. */
export async function inWorkFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = makeWorkFolder()
  try {
    return await work(folder)
  } finally {
    await removeWorkFolder(folder)
  }
}
