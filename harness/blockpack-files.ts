import { BlockpackReader } from '../lib/blockpack/reader.ts'
import { LabError, withSubject } from '../lib/error.ts'
import { type LocalFile, openLocal } from '../lib/storage/local.ts'

/** What `work` makes of files that are open as long as it runs. */
export async function withFiles<T>(
  paths: readonly string[],
  work: (files: readonly LocalFile[]) => Promise<T>,
): Promise<T> {
  const files: LocalFile[] = []
  try {
    for (const path of paths) {
      if (path === '-') throw new LabError('usage', '-: blockpack is read by ranges, so name a file')
      files.push(await openLocal(path))
    }
    return await work(files)
  } finally {
    for (const file of files) await file.close()
  }
}

/** What `work` makes of one open blockpack file; what is wrong with it is told with its name. */
export function withBlockpack<T>(path: string, work: (reader: BlockpackReader) => Promise<T>): Promise<T> {
  return withFiles([path], async ([file]) => {
    try {
      return await work(await BlockpackReader.open(file!))
    } catch (error) {
      throw withSubject(path, error)
    }
  })
}
