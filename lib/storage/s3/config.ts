import { LabError } from '../../error.ts'

/** A bucket in S3 or what speaks its protocol, under the names of Tempo's `storage.trace.s3`. */
export interface S3Config {
  readonly bucket: string
  /** What all keys begin with, without a slash at its ends. */
  readonly prefix?: string | undefined
  /** A URL, or a host with or without a port; Amazon's of the region where absent. */
  readonly endpoint?: string | undefined
  readonly region?: string | undefined
  /** Those of the AWS environment, its profiles or its machine where absent. */
  readonly accessKey?: string | undefined
  readonly secretKey?: string | undefined
  readonly sessionToken?: string | undefined
  /** HTTP where the endpoint is a host. */
  readonly insecure?: boolean | undefined
  /** The bucket in the path, not in the name of the host; the default where there is an endpoint. */
  readonly forcepathstyle?: boolean | undefined
}

const scheme = 's3://'
const bucketName = /^[a-z0-9][a-z0-9._-]{1,253}[a-z0-9]$/i

/** True for `s3://…`. */
export function isS3Address(path: string): boolean {
  return path.startsWith(scheme)
}

/** Bucket and key, or prefix, of `s3://bucket/key`; the key is empty where the bucket is meant. */
export function parseS3Address(address: string): { bucket: string; key: string } {
  const [bucket = '', ...parts] = address.slice(scheme.length).split('/')
  const key = parts.join('/').replace(/\/$/, '')
  if (!isS3Address(address) || !bucketName.test(bucket) || key.split('/').some((part, i) => part === '' && i > 0))
    throw new LabError('invalid', `${address}: expected s3://bucket or s3://bucket/prefix`)
  return { bucket, key }
}

export function s3Address(bucket: string, key: string): string {
  return `${scheme}${bucket}${key === '' ? '' : `/${key}`}`
}

/** What a bucket of an address is reached by: the variables that AWS's own tools read. */
export function s3ConfigOf(address: string, env: NodeJS.ProcessEnv = process.env): S3Config {
  const { bucket, key } = parseS3Address(address)
  const endpoint = env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL
  return { bucket, prefix: key, endpoint, region: env.AWS_REGION || env.AWS_DEFAULT_REGION }
}

/** The URL of an endpoint, by which requests are made and errors say where; undefined for Amazon's. */
export function endpointOf({ endpoint, insecure }: S3Config): string | undefined {
  if (endpoint === undefined || endpoint === '') return undefined
  const url = /^https?:\/\//.test(endpoint) ? endpoint : `${insecure ? 'http' : 'https'}://${endpoint}`
  if (!URL.canParse(url))
    throw new LabError('invalid', `endpoint "${endpoint}": expected a URL, or a host and its port`)
  return url.replace(/\/+$/, '')
}
