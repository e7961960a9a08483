import {
  accessSync,
  closeSync,
  constants,
  createReadStream,
  createWriteStream,
  openSync,
  type Stats,
  statSync,
} from 'node:fs'
import { chmod, chown, copyFile, link, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { ByteSink } from '../bytes/range.ts'
import { LabError, systemError } from '../error.ts'
import { writeAll, writeInPlace } from './in-place.ts'
import { descriptorAt, targetOf } from './links.ts'
import { withTemporary } from './temporary.ts'

type Write<T> = (sink: ByteSink) => Promise<T>

/**
 * Writes a file under a temporary name beside `path` and renames it when `write` has returned: a reader sees the whole
 * file or none, and a failure leaves what was there. Symbolic links are followed, also one to nothing; a file that was
 * there keeps its mode and owner. Its other names (hard links) keep the old content. What is not a file (a device, a
 * fifo, a descriptor of this process) is written as the bytes come.
 */
export async function writeLocal<T>(path: string, write: Write<T>): Promise<T> {
  const place = placeOf(path)
  if (place === undefined) return writeInPlace(path, write)
  const { target, existing } = place
  return writeBeside(path, dirname(target), existing === undefined ? 0o666 : 0o600, write, async temporary => {
    if (existing === undefined || (await takesAfter(temporary, existing))) await rename(temporary, target)
    else await pipeline(createReadStream(temporary), createWriteStream(target))
  })
}

/** Writes a file whose path in `folder` follows from what was written; a file of that path is replaced. */
export function writeNamed<T>(folder: string, write: Write<T>, pathOf: (result: T) => string): Promise<T> {
  return writeBeside(folder, folder, 0o666, write, (temporary, result) => rename(temporary, pathOf(result)))
}

/** Writes a new file under the first of the paths that nothing has, also when other programs do so; returns it. */
export async function writeNew(folder: string, paths: Iterable<string>, write: Write<void>): Promise<string> {
  let taken = ''
  await writeBeside(folder, folder, 0o666, write, async temporary => {
    for (const path of paths) {
      taken = path
      if (await takeName(temporary, path)) return
    }
  })
  return taken
}

/** Where a file is written, links followed; undefined for what is written in place. */
export function placeOf(path: string): { target: string; existing: Stats | undefined } | undefined {
  try {
    const existing = statSync(path, { throwIfNoEntry: false })
    if (existing?.isDirectory() || path.endsWith('/')) throw new LabError('missing', `${path}: is a folder`)
    if (existing !== undefined && (!existing.isFile() || descriptorAt(path) !== undefined)) return undefined
    if (existing !== undefined) accessSync(path, constants.W_OK)
    return { target: targetOf(path), existing }
  } catch (error) {
    throw systemError(path, error)
  }
}

/** Writes a temporary file in `folder`, which `settle` gives its place. */
async function writeBeside<T>(
  path: string,
  folder: string,
  mode: number,
  write: Write<T>,
  settle: (temporary: string, result: T) => Promise<void>,
): Promise<T> {
  try {
    return await withTemporary(folder, async temporary => {
      const result = await writeFile(path, temporary, mode, write)
      await settle(temporary, result)
      return result
    })
  } catch (error) {
    throw systemError(path, error)
  }
}

async function writeFile<T>(path: string, temporary: string, mode: number, write: Write<T>): Promise<T> {
  const descriptor = openSync(temporary, 'wx', mode)
  try {
    return await write({ write: chunk => writeAll(path, descriptor, chunk) })
  } finally {
    closeSync(descriptor)
  }
}

/** Gives a file the owner and mode of another one; false where the system does not permit it. */
async function takesAfter(path: string, { uid, gid, mode }: Stats): Promise<boolean> {
  try {
    await chown(path, uid, gid)
    await chmod(path, mode & 0o7777)
    return true
  } catch {
    return false
  }
}

/** Gives a file another name if nothing has it, as a link or, where the file system has none, as a copy. */
async function takeName(path: string, name: string): Promise<boolean> {
  try {
    await link(path, name).catch(error => {
      if (error.code === 'EEXIST') throw error
      return copyFile(path, name, constants.COPYFILE_EXCL)
    })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Writes a file of text whole. */
export function writeText(path: string, text: string): Promise<void> {
  return writeLocal(path, sink => sink.write(Buffer.from(text)))
}
