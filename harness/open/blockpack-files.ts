import { stat } from 'node:fs/promises'
import type { RangeReader } from '../../lib/bytes/range.ts'
import { LabError, naming } from '../../lib/error.ts'
import { isBlockpack } from '../../lib/formats/blockpack/format.ts'
import { headerBytes } from '../../lib/formats/blockpack/layout/footer.ts'
import { BlockpackReader } from '../../lib/formats/blockpack/read/reader.ts'
import { openPath } from '../../lib/storage/open-path.ts'
import { isS3Address } from '../../lib/storage/s3/config.ts'
import type { BlobReader } from '../../lib/storage/store.ts'

/** What `work` makes of files that are open as long as it runs. */
export async function withFiles<T>(
  paths: readonly string[],
  work: (files: readonly BlobReader[]) => Promise<T>,
): Promise<T> {
  const files: BlobReader[] = []
  try {
    for (const path of paths) {
      if (path === '-') throw new LabError('usage', '-: blockpack is read by ranges, so name a file')
      files.push(await openPath(path))
    }
    return await work(files)
  } finally {
    for (const file of files) await file.close()
  }
}

/** The same of files that begin as blockpack does; another one is refused before anything is done. */
export function withBlocks<T>(
  paths: readonly string[],
  work: (files: readonly BlobReader[]) => Promise<T>,
): Promise<T> {
  return withFiles(paths, async files => {
    for (const [i, file] of files.entries())
      if (!isBlockpack(await headOf(file)))
        throw new LabError('invalid', `${paths[i]}: is no blockpack file; convert --to blockpack writes one`)
    return work(files)
  })
}

/** What `work` makes of one open blockpack file; what is wrong with it is told with its name. */
export function withBlockpack<T>(path: string, work: (reader: BlockpackReader) => Promise<T>): Promise<T> {
  return withBlocks([path], ([file]) => naming(path, async () => work(await BlockpackReader.open(file!))))
}

/** True for a file, or an object of S3, whose first bytes are those of a format. */
export async function fileBegins(path: string, detect: (head: Uint8Array) => boolean): Promise<boolean> {
  if (path === '-' || !(isS3Address(path) || (await isFile(path)))) return false
  return withFiles([path], async ([file]) => detect(await headOf(file!)))
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    found => found.isFile(),
    () => false,
  )
}

/** The first bytes of a file, enough to recognise a format that is searched in place. */
export async function headOf(file: RangeReader): Promise<Uint8Array> {
  const [head] = await file.read([{ start: 0, end: Math.min(headerBytes, file.byteLength) }])
  return head!
}
