import type { GetObjectCommandOutput } from '@aws-sdk/client-s3'
import type { Range } from '../../bytes/range.ts'
import { LabError } from '../../error.ts'
import { endBytes, openRemote } from '../remote.ts'
import type { BlobReader } from '../store.ts'
import type { Bucket } from './bucket.ts'
import { statusOf } from './errors.ts'

/** The end of an object, its length, and which version of it this is. */
interface End {
  readonly bytes: Uint8Array
  readonly byteLength: number
  readonly etag: string | undefined
}

/**
 * Opens an object with one request, which reads its end; what is read of it afterwards is of the same version, or an error.
 */
export async function openObject(bucket: Bucket, key: string): Promise<BlobReader> {
  const { bytes, byteLength, etag } = await readEnd(bucket, key)
  const end = { start: byteLength - bytes.length, end: byteLength, bytes }
  return openRemote(end, range => readRange(bucket, key, range, etag))
}

function readEnd(bucket: Bucket, key: string): Promise<End> {
  return bucket.ask(key, async client => {
    const command = new bucket.sdk.GetObjectCommand({ ...bucket.place(key), Range: `bytes=-${endBytes}` })
    try {
      const answer = await client.send(command)
      const [, , byteLength] = rangeOf(answer)
      return { bytes: await bodyOf(answer), byteLength, etag: answer.ETag }
    } catch (error) {
      // Of an empty object there is no end.
      if (statusOf(error) === 416) return { bytes: new Uint8Array(0), byteLength: 0, etag: undefined }
      throw error
    }
  })
}

async function readRange(bucket: Bucket, key: string, { start, end }: Range, etag: string | undefined) {
  if (start === end) return new Uint8Array(0)
  return bucket.ask(key, async client => {
    const place = { ...bucket.place(key), Range: `bytes=${start}-${end - 1}` }
    const answer = await client.send(new bucket.sdk.GetObjectCommand(place)).catch(error => {
      throw statusOf(error) === 416 ? changed() : error
    })
    if (answer.ETag !== etag) throw changed(answer)
    const [first, last] = rangeOf(answer)
    if (first !== start || last !== end - 1)
      throw new LabError(
        'unsupported',
        `bytes ${start} to ${end} were asked for, the store answers ${first} to ${last}`,
      )
    return bodyOf(answer)
  })
}

function changed(answer?: GetObjectCommandOutput): LabError {
  // Else the connection stays busy with the rest of the body.
  ;(answer?.Body as { destroy?: () => void } | undefined)?.destroy?.()
  return new LabError('invalid', 'the object was replaced while it was read; open it again')
}

/** The first and the last byte of an answer, and the length of the whole object. */
function rangeOf({ ContentRange, ContentLength }: GetObjectCommandOutput): [number, number, number] {
  const [all, ...numbers] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(ContentRange ?? '') ?? []
  if (all !== undefined) return numbers.map(Number) as [number, number, number]
  if (ContentLength === undefined) throw new LabError('unsupported', 'the answer is not one of S3: it has no length')
  return [0, ContentLength - 1, ContentLength]
}

async function bodyOf({ Body, ContentLength }: GetObjectCommandOutput): Promise<Uint8Array> {
  const bytes = await Body!.transformToByteArray()
  if (bytes.length !== ContentLength)
    throw new LabError('truncated', `the answer ends after ${bytes.length} of ${ContentLength} bytes`)
  return bytes
}
