import { LabError } from '../../error.ts'
import { type BlobInfo, type BlobStore, checkKey, isKey } from '../store.ts'
import { type Bucket, defaultPatience, openBucket, type Patience } from './bucket.ts'
import type { S3Config } from './config.ts'
import { codeOf } from './errors.ts'
import { openObject } from './reader.ts'
import type { RequestCounts } from './requests.ts'
import { putObject } from './upload.ts'

/**
 * A store in a bucket. What it has put is durable as the bucket is. An object that is replaced while it is read is an error
 * for its reader; one that is stored `ifAbsent` has at most 16 MiB. Objects with other keys than `checkKey` accepts are not
 * listed. After an error of `put` other than one of `write`, the object may be there all the same: its answer was lost. `counts` has the
 * requests that are made, if it is given.
 */
export async function s3Store(
  config: S3Config,
  patience: Patience = defaultPatience,
  counts?: RequestCounts,
): Promise<BlobStore> {
  const bucket = await openBucket(config, patience, counts)
  return {
    async open(key) {
      checkKey(key)
      return openObject(bucket, key)
    },
    async put(key, write, when) {
      checkKey(key)
      return putObject(bucket, key, write, when?.ifAbsent === true)
    },
    list: (prefix, after = '') => listObjects(bucket, prefix, after),
    async delete(key) {
      checkKey(key)
      const command = new bucket.sdk.DeleteObjectCommand(bucket.place(key))
      await bucket.ask(key, client =>
        client.send(command).catch(error => {
          if (codeOf(error) !== 'NoSuchKey') throw error
        }),
      )
    },
  }
}

async function* listObjects(bucket: Bucket, prefix: string, after: string): AsyncIterable<BlobInfo> {
  const { Bucket, Key: base } = bucket.place('')
  const place = { Bucket, Prefix: base + prefix, ...(after !== '' && { StartAfter: base + after }) }
  let token: string | undefined
  do {
    const command = new bucket.sdk.ListObjectsV2Command({ ...place, ...(token && { ContinuationToken: token }) })
    const page = await bucket.ask('', async client => {
      const answer = await client.send(command)
      if (answer.IsTruncated === undefined) throw new LabError('unsupported', 'the answer is not the list of a bucket')
      return answer
    })
    for (const { Key = '', Size = 0 } of page.Contents ?? []) {
      const key = Key.slice(base.length)
      if (isKey(key)) yield { key, byteLength: Size }
    }
    token = page.IsTruncated ? page.NextContinuationToken : undefined
  } while (token !== undefined)
}
