import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { LabError } from '../error.ts'
import { systemReason } from '../system-reasons.ts'

const chunkLength = 1 << 18
/** What a block of Tempo keeps its traces in, and what it has beside it. */
export const blockData = 'data.parquet'
const filterShard = /^bloom-\d+$/
const blockParts = /^(?:meta\.json|meta\.compacted\.json|index|bloom-\d+|nocompact\.flg)$/

/** The bytes of a file, or of the standard input for `-`. */
export async function* openFile(path: string): AsyncIterable<Uint8Array> {
  try {
    yield* path === '-' ? process.stdin : createReadStream(path, { highWaterMark: chunkLength })
  } catch (error) {
    throw fileError(error)
  }
}

/**
 * The files below a directory, sorted by path; hidden ones and those that belong to the data of a Tempo block beside them
 * are left out. Undefined where the path is no directory.
 */
export async function listDirectory(path: string): Promise<string[] | undefined> {
  if (path === '-') return undefined
  try {
    const { isDirectory } = await kindOf(path)
    return isDirectory ? (await filesBelow(path)).sort() : undefined
  } catch (error) {
    throw fileError(error)
  }
}

async function filesBelow(directory: string): Promise<string[]> {
  const files: string[] = []
  const entries = await readdir(directory, { withFileTypes: true })
  const hasData = entries.some(entry => entry.name === blockData)
  const isBlock = hasData || entries.some(entry => filterShard.test(entry.name))
  // What lacks its data is half a block: that it cannot be read is told where it should be.
  if (isBlock && !hasData) files.push(join(directory, blockData))
  for (const entry of entries) {
    if (entry.name.startsWith('.') || (isBlock && blockParts.test(entry.name))) continue
    const path = join(directory, entry.name)
    if (entry.isDirectory()) files.push(...(await filesBelow(path)))
    else if (entry.isFile() || (entry.isSymbolicLink() && (await isFileOrNothing(path)))) files.push(path)
  }
  return files
}

/** True for a link to a file, and one to nothing, which is an error where it is read. */
async function isFileOrNothing(path: string): Promise<boolean> {
  return await kindOf(path).then(
    ({ isFile }) => isFile,
    () => true,
  )
}

/** What a path names; a pipe is neither. */
export async function kindOf(path: string): Promise<{ isDirectory: boolean; isFile: boolean }> {
  const found = await stat(path)
  return { isDirectory: found.isDirectory(), isFile: found.isFile() }
}

/** Where reading has words of its own. */
const reasons = new Map([
  ['ENOENT', 'no such file'],
  ['ENOTDIR', 'no such file'],
  ['EACCES', 'no permission to read it'],
  ['EPERM', 'no permission to read it'],
])

/** What went wrong with a file, without its name; errors that are not of the file system as they are. */
function fileError(error: unknown): unknown {
  const reason = systemReason(error)
  if (reason === undefined) return error
  const { code = '' } = error as NodeJS.ErrnoException
  return new LabError('missing', reasons.get(code) ?? reason, { cause: error })
}
