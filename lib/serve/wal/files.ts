import { type FileHandle, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { systemError } from '../../error.ts'
import { makeFolder } from '../../storage/folder.ts'
import { syncFolder } from '../../storage/folder-store.ts'
import { openLocal } from '../../storage/local.ts'
import type { BlobReader } from '../../storage/store.ts'

/** The files of a log, in one folder: what the log does with a disk, so that tests can let it fail. */
export interface LogFiles {
  list(): Promise<string[]>
  /** Makes a file whose name is durable. */
  create(name: string): Promise<LogFile>
  open(name: string): Promise<BlobReader>
  /** Writes a whole file. */
  write(name: string, chunks: AsyncIterable<Uint8Array>): Promise<void>
  truncate(name: string, byteLength: number): Promise<void>
  delete(name: string): Promise<void>
}

/** A file that only grows. */
export interface LogFile {
  append(parts: readonly Uint8Array[]): Promise<void>
  /** Returns when all that was appended is durable. */
  sync(): Promise<void>
  /** Takes away what was appended beyond a length. */
  truncate(byteLength: number): Promise<void>
  close(): Promise<void>
}

export function localLogFiles(folder: string): LogFiles {
  makeFolder(folder)
  const naming = <T>(name: string, run: () => Promise<T>): Promise<T> =>
    run().catch(error => {
      throw systemError(join(folder, name), error)
    })
  return {
    list: () => naming('', () => readdir(folder)),
    create: name => naming(name, () => create(folder, name)),
    open: name => openLocal(join(folder, name)),
    write: (name, chunks) =>
      naming(name, () =>
        inFile(join(folder, name), 'w', async file => {
          for await (const chunk of chunks) await writeAll(file, [chunk])
        }),
      ),
    truncate: (name, byteLength) =>
      naming(name, () => inFile(join(folder, name), 'r+', file => file.truncate(byteLength))),
    delete: name => naming(name, () => rm(join(folder, name), { force: true })),
  }
}

async function create(folder: string, name: string): Promise<LogFile> {
  const path = join(folder, name)
  const file = await open(path, 'ax')
  await syncFolder(folder)
  const naming = <T>(run: () => Promise<T>): Promise<T> =>
    run().catch(error => {
      throw systemError(path, error)
    })
  return {
    append: parts => naming(() => writeAll(file, parts)),
    sync: () => naming(() => file.datasync()),
    truncate: byteLength => naming(() => file.truncate(byteLength)),
    close: () => naming(() => file.close()),
  }
}

/** Writes the parts whole: the system may take fewer bytes, as before a disk is full. */
async function writeAll(file: FileHandle, parts: readonly Uint8Array[]): Promise<void> {
  let rest = [...parts]
  while (rest.length > 0) {
    let { bytesWritten } = await file.writev(rest)
    while (rest.length > 0 && bytesWritten >= rest[0]!.length) bytesWritten -= rest.shift()!.length
    if (bytesWritten > 0) rest = [rest[0]!.subarray(bytesWritten), ...rest.slice(1)]
  }
}

/** What `work` does with a file, which is durable then. */
async function inFile(path: string, flags: string, work: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, flags)
  try {
    await work(file)
    await file.sync()
  } finally {
    await file.close()
  }
}
