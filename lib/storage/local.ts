import { readSync } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import type { ByteSink, Range, RangeReader } from '../bytes/range.ts'
import { LabError, withSubject } from '../error.ts'
import { bounds } from './memory.ts'

export interface LocalFile extends RangeReader {
  close(): Promise<void>
}

/** Opens a file for reading by ranges. */
export async function openLocal(path: string): Promise<LocalFile> {
  const handle = await open(path, 'r').catch(error => fail(path, error))
  const stat = await handle.stat()
  if (stat.isDirectory()) {
    await handle.close()
    throw new LabError('missing', `${path}: ${reasons.EISDIR}`)
  }
  const { size } = stat
  return {
    byteLength: size,
    read: ranges => Promise.all(ranges.map(range => readRange(handle, range, size))),
    close: () => handle.close(),
  }
}

/**
 * Writes a file under a temporary name beside `path` and renames it when `write` has returned: a reader sees the whole
 * file or none, and a failure leaves nothing behind. `finalPath` may choose another name in the same folder by what was
 * written.
 */
export async function writeLocal<T>(
  path: string,
  write: (sink: ByteSink) => Promise<T>,
  finalPath: (result: T) => string = () => path,
): Promise<T> {
  const temporary = `${path}.${process.pid}.tmp`
  const handle = await open(temporary, 'w').catch(error => fail(path, error))
  pending.add(temporary)
  try {
    const result = await write({ write: chunk => writeAll(handle, chunk).catch(error => fail(path, error)) })
    await handle.close()
    await rename(temporary, finalPath(result)).catch(error => fail(path, error))
    return result
  } catch (error) {
    await handle.close().catch(() => {})
    await rm(temporary, { force: true })
    throw error
  } finally {
    pending.delete(temporary)
  }
}

/** Temporary files being written: what a program that is interrupted must remove. */
export const pending: Set<string> = new Set()

async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let written = 0; written < chunk.length; ) {
    const { bytesWritten } = await handle.write(chunk, written)
    written += bytesWritten
  }
}

/** Ranges of fewer bytes are read at once: to hand them to another thread takes ten times as long. */
const maxDirectBytes = 1 << 16

async function readRange(handle: FileHandle, range: Range, size: number): Promise<Uint8Array> {
  const [start, end] = bounds(range, size)
  const buffer = Buffer.allocUnsafe(end - start)
  const isDirect = buffer.length <= maxDirectBytes
  for (let filled = 0; filled < buffer.length; ) {
    const [length, position] = [buffer.length - filled, start + filled]
    const bytesRead = isDirect
      ? readSync(handle.fd, buffer, filled, length, position)
      : (await handle.read(buffer, filled, length, position)).bytesRead
    if (bytesRead === 0) throw new LabError('truncated', `the file ends at byte ${start + filled}, expected ${end}`)
    filled += bytesRead
  }
  return buffer
}

const reasons: Record<string, string> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
  EISDIR: 'is a folder',
  ENOTDIR: 'its folder is a file',
  ENOSPC: 'the disk is full',
}

/** Turns an error of the file system into ours, with the path in front. */
function fail(path: string, error: NodeJS.ErrnoException): never {
  throw withSubject(path, new LabError('missing', reasons[error.code ?? ''] ?? error.message, { cause: error }))
}
