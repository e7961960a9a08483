import { randomUUID } from 'node:crypto'
import type { CompletedPart, S3Client } from '@aws-sdk/client-s3'
import { LabError } from '../../error.ts'
import type { BlobStore } from '../store.ts'
import type { Bucket } from './bucket.ts'
import { codeOf, statusOf } from './errors.ts'

/** What has at most so many bytes is one request; of more, each part has as many. */
export const partBytes = 16 * 2 ** 20
const maxPartsUnderWay = 2

/** Writes an object: small ones at once, large ones in parts, which become an object when all are there. */
export async function putObject(
  bucket: Bucket,
  key: string,
  write: Parameters<BlobStore['put']>[1],
  ifAbsent: boolean,
): Promise<'stored' | 'exists'> {
  const upload = new Upload(bucket, key, ifAbsent)
  try {
    await write({ write: chunk => upload.add(chunk) })
    return await upload.finish()
  } catch (error) {
    await upload.abort()
    throw error
  }
}

class Upload {
  readonly #bucket: Bucket
  readonly #key: string
  readonly #ifAbsent: boolean
  /** By it one's own object is known, where the answer about it was lost. */
  readonly #id = randomUUID()
  #chunks: Uint8Array[] = []
  #byteLength = 0
  #uploadId: string | undefined
  readonly #parts: Promise<CompletedPart>[] = []

  constructor(bucket: Bucket, key: string, ifAbsent: boolean) {
    this.#bucket = bucket
    this.#key = key
    this.#ifAbsent = ifAbsent
  }

  async add(chunk: Uint8Array): Promise<void> {
    this.#chunks.push(chunk)
    this.#byteLength += chunk.length
    if (this.#byteLength <= partBytes) return
    // To put parts together replaces whatever there is, in some stores also where they are asked not to.
    if (this.#ifAbsent)
      throw new LabError('limit', `${this.#key}: what is to be stored once has over ${partBytes} bytes, the most in S3`)
    let rest = Buffer.concat(this.#chunks)
    for (; rest.length > partBytes; rest = rest.subarray(partBytes)) await this.#send(rest.subarray(0, partBytes))
    this.#chunks = [rest]
    this.#byteLength = rest.length
  }

  async finish(): Promise<'stored' | 'exists'> {
    const rest = Buffer.concat(this.#chunks)
    if (this.#uploadId === undefined) return this.#putWhole(rest)
    await this.#send(rest)
    await this.#complete(await Promise.all(this.#parts))
    return 'stored'
  }

  /** Removes parts that were sent. */
  async abort(): Promise<void> {
    if (this.#uploadId === undefined) return
    await Promise.allSettled(this.#parts)
    const command = new this.#bucket.sdk.AbortMultipartUploadCommand(this.#place())
    // It has failed already, and why is reported; what remains of it no reader sees.
    await this.#bucket.ask(this.#key, client => client.send(command)).catch(() => {})
  }

  #place() {
    return { ...this.#bucket.place(this.#key), UploadId: this.#uploadId }
  }

  #putWhole(bytes: Buffer): Promise<'stored' | 'exists'> {
    const place = { ...this.#bucket.place(this.#key), Metadata: { 'put-id': this.#id } }
    const command = { ...place, Body: bytes, ...(this.#ifAbsent && { IfNoneMatch: '*' }) }
    return this.#bucket.ask(this.#key, async (client, number) => {
      try {
        await client.send(new this.#bucket.sdk.PutObjectCommand(command))
        return 'stored'
      } catch (error) {
        if (!this.#ifAbsent || statusOf(error) !== 412) throw error
        return number > 1 && (await this.#isOurs(client)) ? 'stored' : 'exists'
      }
    })
  }

  async #send(bytes: Buffer): Promise<void> {
    this.#uploadId ??= await this.#begin()
    const number = this.#parts.length + 1
    await this.#parts[number - 1 - maxPartsUnderWay]
    const command = { ...this.#place(), PartNumber: number, Body: bytes }
    const part = this.#bucket
      .ask(this.#key, client => client.send(new this.#bucket.sdk.UploadPartCommand(command)))
      .then(({ ETag }) => ({ PartNumber: number, ETag }))
    part.catch(() => {})
    this.#parts.push(part)
  }

  #begin(): Promise<string> {
    const command = { ...this.#bucket.place(this.#key), Metadata: { 'put-id': this.#id } }
    return this.#bucket.ask(this.#key, async client => {
      const { UploadId } = await client.send(new this.#bucket.sdk.CreateMultipartUploadCommand(command))
      if (UploadId === undefined) throw new LabError('unsupported', 'the answer is not one of S3: it has no upload id')
      return UploadId
    })
  }

  #complete(parts: CompletedPart[]): Promise<void> {
    const command = { ...this.#place(), MultipartUpload: { Parts: parts } }
    return this.#bucket.ask(this.#key, async (client, number) => {
      try {
        await client.send(new this.#bucket.sdk.CompleteMultipartUploadCommand(command))
      } catch (error) {
        if (number === 1 || codeOf(error) !== 'NoSuchUpload' || !(await this.#isOurs(client))) throw error
      }
    })
  }

  /** True where the object is what this upload has written. */
  async #isOurs(client: S3Client): Promise<boolean> {
    const command = new this.#bucket.sdk.HeadObjectCommand(this.#bucket.place(this.#key))
    const found = await client.send(command).catch(error => {
      if (statusOf(error) === 404) return undefined
      throw error
    })
    return found?.Metadata?.['put-id'] === this.#id
  }
}
