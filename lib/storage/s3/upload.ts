import { randomUUID } from 'node:crypto'
import type { CompletedPart, S3Client } from '@aws-sdk/client-s3'
import type { Range } from '../../bytes/range.ts'
import { LabError } from '../../error.ts'
import type { BlobStore } from '../store.ts'
import type { Bucket } from './bucket.ts'
import { codeOf, statusOf } from './errors.ts'
import { Spool } from './spool.ts'

/** What has at most so many bytes is held in memory, and one request; what has more is on disk until it is sent. */
export const wholeBytes = 16 * 2 ** 20
/** S3 takes no larger part. */
const maxPartBytes = 5 * 2 ** 30
const maxPartsUnderWay = 2

/**
 * Writes an object: small ones at once, large ones in two parts, which become an object when both are there: four requests,
 * up to 10 GiB, and one for each further 5 GiB.
 */
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
  } finally {
    await upload.end()
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
  #spool: Spool | undefined
  #uploadId: string | undefined
  readonly #parts: Promise<CompletedPart>[] = []

  constructor(bucket: Bucket, key: string, ifAbsent: boolean) {
    this.#bucket = bucket
    this.#key = key
    this.#ifAbsent = ifAbsent
  }

  async add(chunk: Uint8Array): Promise<void> {
    if (this.#spool) return this.#spool.add(chunk)
    this.#chunks.push(chunk)
    this.#byteLength += chunk.length
    if (this.#byteLength <= wholeBytes) return
    // To put parts together replaces whatever there is, in some stores also where they are asked not to.
    if (this.#ifAbsent)
      throw new LabError(
        'limit',
        `${this.#key}: what is to be stored once has over ${wholeBytes} bytes, the most in S3`,
      )
    this.#spool = await Spool.create()
    for (const known of this.#chunks.splice(0)) await this.#spool.add(known)
  }

  async finish(): Promise<'stored' | 'exists'> {
    if (this.#spool === undefined) return this.#putWhole(Buffer.concat(this.#chunks))
    for (const part of partsOf(this.#spool.byteLength)) await this.#send(this.#spool, part)
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

  /** Removes what is on disk. */
  async end(): Promise<void> {
    await Promise.allSettled(this.#parts)
    await this.#spool?.remove()
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

  async #send(spool: Spool, range: Range): Promise<void> {
    this.#uploadId ??= await this.#begin()
    const number = this.#parts.length + 1
    await this.#parts[number - 1 - maxPartsUnderWay]
    const part = this.#sendPart(spool, range, number)
    part.catch(() => {})
    this.#parts.push(part)
  }

  async #sendPart(spool: Spool, range: Range, PartNumber: number): Promise<CompletedPart> {
    const ContentLength = range.end - range.start
    // What is sent is part of the signature, as of what is sent from memory.
    const hash = await spool.sha256(range)
    const part = { ...this.#place(), PartNumber, ContentLength }
    const { ETag } = await this.#bucket.ask(this.#key, client => {
      const command = new this.#bucket.sdk.UploadPartCommand({ ...part, Body: spool.read(range) })
      command.middlewareStack.add(next => args => next(withHash(args, hash)), { step: 'build' })
      return client.send(command, { requestTimeout: this.#bucket.timeoutOf(ContentLength) })
    })
    return { PartNumber, ETag }
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

/** Two parts, or more where they were too large. */
export function partsOf(byteLength: number): Range[] {
  const partBytes = Math.min(Math.ceil(byteLength / 2), maxPartBytes)
  return Array.from({ length: Math.ceil(byteLength / partBytes) }, (_, i) => ({
    start: i * partBytes,
    end: Math.min((i + 1) * partBytes, byteLength),
  }))
}

/** A request that says which bytes it has. */
function withHash<T extends { request: unknown }>(args: T, hash: string): T {
  const request = args.request as { headers: Record<string, string> }
  request.headers['x-amz-content-sha256'] = hash
  return args
}
