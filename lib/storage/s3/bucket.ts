import { setTimeout as sleep } from 'node:timers/promises'
import type { S3Client } from '@aws-sdk/client-s3'
import { atMost } from '../at-most.ts'
import { endpointOf, type S3Config, s3Address } from './config.ts'
import { explain, mayPass } from './errors.ts'
import { countRequests, type RequestCounts } from './requests.ts'

type Sdk = typeof import('@aws-sdk/client-s3')

/** How long an answer is waited for, and how often it is asked for again. */
export interface Patience {
  /** Without a byte of the answer. */
  readonly timeoutMillis: number
  readonly maxAttempts: number
  /** Before the second attempt, up to; it doubles with each. */
  readonly delayMillis: number
}

export const defaultPatience: Patience = { timeoutMillis: 30_000, maxAttempts: 6, delayMillis: 200 }

const maxRequests = 32
/** A body of more has as much more time. */
const patientBytes = 16 * 2 ** 20

/** A bucket, or what of it is below a prefix. */
export interface Bucket {
  readonly sdk: Sdk
  /** Of an object, in the bucket. */
  place(key: string): { Bucket: string; Key: string }
  /**
   * What `attempt`, which makes one request, gives; it is made again, later, where it fails in a way that may pass. Errors
   * name the object, or the bucket for an empty key.
   */
  ask<T>(key: string, attempt: (client: S3Client, number: number) => Promise<T>): Promise<T>
  /** How long the answer to a request with a body of so many bytes is waited for. */
  timeoutOf(byteLength: number): number
}

/** `counts` has the requests that are made, if it is given. */
export async function openBucket(config: S3Config, patience: Patience, counts?: RequestCounts): Promise<Bucket> {
  // It writes a warning of its own to the terminal on Node 20, which this program supports.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'
  const sdk: Sdk = await import('@aws-sdk/client-s3')
  const client = clientOf(sdk, config, patience)
  const endpoint = endpointOf(config)
  const base = config.prefix ? `${config.prefix}/` : ''
  if (counts) countRequests(client, base, counts)
  const where = endpoint === undefined ? '' : ` at ${endpoint}`
  const inTurn = atMost(maxRequests)
  return {
    sdk,
    place: key => ({ Bucket: config.bucket, Key: base + key }),
    timeoutOf: byteLength => patience.timeoutMillis * Math.max(1, byteLength / patientBytes),
    async ask(key, attempt) {
      for (let number = 1; ; number++)
        try {
          return await inTurn(() => attempt(client, number))
        } catch (error) {
          if (number < patience.maxAttempts && mayPass(error)) await sleep(delayOf(number, patience))
          else throw explain(s3Address(config.bucket, (base + key).replace(/\/$/, '')) + where, error)
        }
    },
  }
}

/** Anywhere between half and the whole of what the attempt's number asks for: clients that failed together part. */
function delayOf(number: number, { delayMillis }: Patience): number {
  return delayMillis * 2 ** (number - 1) * (0.5 + Math.random() / 2)
}

function clientOf({ S3Client }: Sdk, config: S3Config, { timeoutMillis }: Patience): S3Client {
  const { accessKey, secretKey, sessionToken } = config
  const endpoint = endpointOf(config)
  // A store of one's own has no regions; a request must name one all the same.
  const region = config.region || (endpoint === undefined ? undefined : 'us-east-1')
  const credentials = accessKey &&
    secretKey && { accessKeyId: accessKey, secretAccessKey: secretKey, ...(sessionToken && { sessionToken }) }
  return new S3Client({
    ...(region && { region }),
    ...(endpoint && { endpoint }),
    ...(credentials && { credentials }),
    forcePathStyle: config.forcepathstyle ?? endpoint !== undefined,
    maxAttempts: 1,
    // It writes to the terminal where a part could not be sent, which `ask` does again.
    logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    // Every body is part of the signature already; what other stores make of the client's own checksums varies.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: Math.min(timeoutMillis, 5_000),
      requestTimeout: timeoutMillis,
      throwOnRequestTimeout: true,
      socketTimeout: timeoutMillis,
      httpAgent: { maxSockets: maxRequests },
      httpsAgent: { maxSockets: maxRequests },
    },
  })
}
