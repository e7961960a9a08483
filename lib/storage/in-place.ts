import { closeSync, constants, fstatSync, openSync, statSync, write } from 'node:fs'
import { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { ByteSink } from '../bytes/range.ts'
import { systemError } from '../error.ts'
import { descriptorAt } from './links.ts'

const pollMillis = 20

/**
 * Writes to what cannot be replaced by a file: a device, a fifo, or a descriptor that this process was started with.
 * What was written before a failure stays written.
 */
export async function writeInPlace<T>(path: string, write: (sink: ByteSink) => Promise<T>): Promise<T> {
  const own = descriptorAt(path)
  const standard = own === 1 ? process.stdout : own === 2 ? process.stderr : undefined
  if (standard !== undefined) return write(streamSink(path, standard))
  const descriptor = own ?? (await openDevice(path))
  const found = fstatSync(descriptor)
  if (found.isFIFO() || found.isSocket()) return writeStream(path, descriptor, write)
  try {
    return await write({ write: chunk => writeAll(path, descriptor, chunk) })
  } finally {
    if (own === undefined) closeSync(descriptor)
  }
}

/** Waits for the reader of a fifo by asking again: a thread that waits in the system would keep the process alive. */
async function openDevice(path: string): Promise<number> {
  const isFifo = statSync(path).isFIFO()
  for (;;) {
    try {
      return openSync(path, constants.O_WRONLY | (isFifo ? constants.O_NONBLOCK : 0))
    } catch (error) {
      if (!isFifo || (error as NodeJS.ErrnoException).code !== 'ENXIO') throw systemError(path, error)
    }
    await sleep(pollMillis)
  }
}

async function writeStream<T>(path: string, fd: number, write: (sink: ByteSink) => Promise<T>): Promise<T> {
  const socket = new Socket({ fd, readable: false, writable: true })
  socket.on('error', () => {})
  try {
    return await write(streamSink(path, socket))
  } finally {
    socket.destroy()
  }
}

function streamSink(path: string, stream: NodeJS.WritableStream): ByteSink {
  return {
    write: chunk =>
      new Promise((resolve, reject) =>
        stream.write(chunk, error => (error ? reject(systemError(path, error)) : resolve())),
      ),
  }
}

const writeSome = promisify(write)

/** Writes a chunk whole, at its own position or another: the system may take a part, as before a disk is full. */
export async function writeAll(path: string, descriptor: number, chunk: Uint8Array, position?: number): Promise<void> {
  try {
    for (let written = 0; written < chunk.length; ) {
      const at = position === undefined ? null : position + written
      written += (await writeSome(descriptor, chunk, written, chunk.length - written, at)).bytesWritten
    }
  } catch (error) {
    throw systemError(path, error)
  }
}
