import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { LabError } from '../error.ts'
import { getOrInsert } from '../maps.ts'
import { systemReason } from '../system-reasons.ts'
import { listBucket } from './open-path.ts'
import { isS3Address } from './s3/config.ts'

const chunkLength = 1 << 18
/** What a block of Tempo keeps its traces in, and what it has beside it. */
export const blockData = 'data.parquet'
/** What a block of ours keeps them in. */
export const blockpackData = 'data.blockpack'
/** What says that a block counts, or in its place that another one has its traces. */
export const metaName = 'meta.json'
export const compactedName = 'meta.compacted.json'
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
 * are left out, and so are blocks that another one has replaced. Undefined where the path is no directory. A path may be an
 * address of S3.
 */
export async function listDirectory(path: string): Promise<string[] | undefined> {
  if (path === '-') return undefined
  if (isS3Address(path)) return objectsBelow(path)
  try {
    const { isDirectory } = await kindOf(path)
    return isDirectory ? (await filesBelow(path)).sort() : undefined
  } catch (error) {
    throw fileError(error)
  }
}

/** The objects below an address: the data of blocks that no other has replaced; all where none is that of a block. */
async function objectsBelow(address: string): Promise<string[] | undefined> {
  const objects = await listBucket(address)
  if (objects === undefined) return undefined
  const folders = new Map<string, string[]>()
  for (const object of objects) {
    const end = object.lastIndexOf('/')
    getOrInsert(folders, object.slice(0, end), () => []).push(object.slice(end + 1))
  }
  const isData = (name: string) => name === blockData || name === blockpackData
  const blocks = [...folders].flatMap(([folder, names]) =>
    names.some(isData) && !isReplaced(names) ? names.filter(isData).map(name => `${folder}/${name}`) : [],
  )
  return (blocks.length > 0 ? blocks : objects).sort()
}

/** True where the block with these parts has been replaced by another one. */
function isReplaced(names: readonly string[]): boolean {
  return names.includes(compactedName) && !names.includes(metaName)
}

/** What is kept of a folder with these names; half a block lacks its data. */
function keptOf(names: readonly string[]): { isHalf: boolean; keeps: (name: string) => boolean } {
  const hasTempo = names.includes(blockData)
  const isTempo = hasTempo || names.some(name => filterShard.test(name))
  const isOurs = names.includes(blockpackData)
  const isGone = isOurs && isReplaced(names)
  const isPart = (name: string) => (isTempo || isOurs) && blockParts.test(name)
  return {
    isHalf: isTempo && !hasTempo,
    keeps: name => !name.startsWith('.') && !isPart(name) && !(isGone && name === blockpackData),
  }
}

async function filesBelow(directory: string): Promise<string[]> {
  const files: string[] = []
  const entries = await readdir(directory, { withFileTypes: true })
  const kept = keptOf(entries.map(({ name }) => name))
  // What lacks its data is half a block: that it cannot be read is told where it should be.
  if (kept.isHalf) files.push(join(directory, blockData))
  for (const entry of entries) {
    if (!kept.keeps(entry.name)) continue
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
