import { readSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { Range, RangeReader } from '../bytes/range.ts'
import { LabError, systemError } from '../error.ts'
import { bounds } from './memory.ts'

export interface LocalFile extends RangeReader {
  close(): Promise<void>
}

/** Opens a file for reading by ranges. */
export async function openLocal(path: string): Promise<LocalFile> {
  const handle = await open(path, 'r').catch(error => {
    throw systemError(path, error)
  })
  const stat = await handle.stat()
  if (stat.isDirectory()) {
    await handle.close()
    throw new LabError('missing', `${path}: is a folder`)
  }
  const { size } = stat
  return {
    byteLength: size,
    read: ranges => Promise.all(ranges.map(range => readRange(handle, range, size))),
    close: () => handle.close(),
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
