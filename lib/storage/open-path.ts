import { LabError } from '../error.ts'
import { getOrInsert } from '../maps.ts'
import { openLocal } from './local.ts'
import { isS3Address, parseS3Address, s3Address, s3ConfigOf } from './s3/config.ts'
import { s3Store } from './s3/store.ts'
import { type BlobReader, type BlobStore, readObject } from './store.ts'

/** By name. */
const buckets = new Map<string, Promise<BlobStore>>()

function bucketNamed(bucket: string): Promise<BlobStore> {
  return getOrInsert(buckets, bucket, () => s3Store(s3ConfigOf(s3Address(bucket, ''))))
}

/** Opens a file on disk, or the object of `s3://bucket/key`, for reading by ranges. */
export async function openPath(path: string): Promise<BlobReader> {
  if (!isS3Address(path)) return openLocal(path)
  const { bucket, key } = parseS3Address(path)
  return (await bucketNamed(bucket)).open(key)
}

/** The text of an object; undefined where there is none. */
export async function objectText(address: string): Promise<string | undefined> {
  const { bucket, key } = parseS3Address(address)
  try {
    return Buffer.from(await readObject(await bucketNamed(bucket), key)).toString()
  } catch (error) {
    if (error instanceof LabError && error.kind === 'missing') return undefined
    throw error
  }
}

/** The addresses of the objects below a prefix; undefined where it is that of an object. */
export async function listBucket(address: string): Promise<string[] | undefined> {
  const { bucket, key } = parseS3Address(address)
  const found: string[] = []
  for await (const object of (await bucketNamed(bucket)).list(key)) {
    if (object.key === key) return undefined
    if (key === '' || object.key.startsWith(`${key}/`)) found.push(s3Address(bucket, object.key))
  }
  if (found.length === 0) throw new LabError('missing', `${address}: no such object, and none below it`)
  return found
}
