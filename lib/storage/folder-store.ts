import { type FileHandle, link, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { LabError, messageOf, withSubject } from '../error.ts'
import { systemReason } from '../system-reasons.ts'
import { makeFolder, removeEmpty } from './folder.ts'
import { openLocal } from './local.ts'
import { type BlobInfo, type BlobStore, checkKey } from './store.ts'
import { withTemporary } from './temporary.ts'

/**
 * A store in a folder: one file per object, its key as the path, none of whose parts begins with a dot. A file is written under a temporary name, synced, and
 * moved into place, so that a crash leaves objects whole and at most a temporary file behind. As in any folder, no key
 * may continue another one after a slash.
 */
export function folderStore(folder: string): BlobStore {
  const pathOf = (key: string) => {
    checkKey(key)
    return join(folder, key)
  }
  return {
    open: async key => openLocal(pathOf(key)),
    async put(key, write, when) {
      const path = pathOf(key)
      const made = makeFolderOf(key, path)
      const stored = withTemporary(dirname(path), async temporary => {
        await naming(key, () => writeSynced(temporary, write))
        if (when?.ifAbsent) return (await naming(key, () => linkNew(temporary, path))) ? 'stored' : 'exists'
        await naming(key, () => rename(temporary, path))
        await syncFolder(dirname(path))
        return 'stored'
      })
      return stored.catch(error => {
        removeEmpty(made)
        throw error
      })
    },
    list: (prefix, after = '') => listBelow(folder, '', prefix, after),
    async delete(key) {
      await naming(key, () => rm(pathOf(key), { force: true }))
    },
  }
}

function makeFolderOf(key: string, path: string): string[] {
  try {
    return makeFolder(dirname(path))
  } catch (error) {
    throw new LabError('invalid', `${key}: ${messageOf(error)}`, { cause: error })
  }
}

async function writeSynced(path: string, write: Parameters<BlobStore['put']>[1]): Promise<void> {
  const handle = await open(path, 'wx')
  try {
    await write({ write: chunk => handle.writeFile(chunk) })
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Gives a file a second name if no file has it: unlike a rename, a link never replaces one. */
async function linkNew(temporary: string, path: string): Promise<boolean> {
  try {
    await link(temporary, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  await syncFolder(dirname(path))
  return true
}

/** Makes the names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | undefined
  try {
    handle = await open(folder, 'r')
    await handle.sync()
  } finally {
    await handle?.close()
  }
}

async function* listBelow(folder: string, path: string, prefix: string, after: string): AsyncIterable<BlobInfo> {
  const entries = await readdir(join(folder, path), { withFileTypes: true }).catch(error => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  })
  const names = entries
    .filter(({ name }) => !name.startsWith('.'))
    .map(entry => (entry.isDirectory() ? `${entry.name}/` : entry.name))
  for (const name of names.sort()) {
    const key = path + name
    if (name.endsWith('/')) {
      if (mayContain(key, prefix, after)) yield* listBelow(folder, key, prefix, after)
    } else if (key.startsWith(prefix) && key > after) {
      const found = await stat(join(folder, key)).catch(() => undefined)
      if (found !== undefined) yield { key, byteLength: found.size }
    }
  }
}

/** True where keys below a folder may begin with `prefix` and sort after `after`. */
function mayContain(folder: string, prefix: string, after: string): boolean {
  const isBelowPrefix = folder.startsWith(prefix) || prefix.startsWith(folder)
  return isBelowPrefix && (folder > after || after.startsWith(folder))
}

async function naming<T>(key: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof LabError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    const reason =
      code === 'ENOTDIR' || code === 'EISDIR'
        ? 'another key continues it, or it continues another'
        : (systemReason(error) ?? message)
    throw withSubject(key, new LabError('invalid', reason, { cause: error }))
  }
}
