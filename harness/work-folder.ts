import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Folders of files being measured: what a program that is interrupted must remove. */
export const workFolders: Set<string> = new Set()

/** What `work` gives, which has a folder of its own as long as it runs. */
export async function inWorkFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'trace-storage-lab-'))
  workFolders.add(folder)
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
    workFolders.delete(folder)
  }
}
