import { randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { LabError, systemError } from '../error.ts'
import { folderStore } from '../storage/folder-store.ts'
import { writeLocal } from '../storage/local-write.ts'
import { probeConditionalWrites } from '../storage/probe.ts'
import { s3Address } from '../storage/s3/config.ts'
import { s3Store } from '../storage/s3/store.ts'
import { type BlobStore, putBytes, readObject } from '../storage/store.ts'
import type { StorageConfig } from './server-config.ts'

/** In a bucket, whose blocks these are: of two stores one would delete what the other is writing. */
const ownerKey = 'owner.json'
/** In a bucket, that it is the one of a cluster. */
export const clusterIdentityKey = 'cluster=1/identity.json'
/** In a store's folder, where its blocks are. */
const placeName = 'bucket.json'

const placeSchema = z.object({ bucket: z.string(), store: z.uuid() })
const ownerSchema = z.object({ store: z.string(), host: z.string(), folder: z.string() })

/**
 * Where the blocks of a store are: in a folder, or in a bucket, which belongs to this store from then on. A store keeps to the
 * one that it began with, since it answers from what is there. Its home must be locked.
 */
export async function openBlobs({ home, backend, folder, s3 }: StorageConfig): Promise<BlobStore> {
  const place = await readPlace(home)
  const address = backend === 's3' ? s3Address(s3.bucket, s3.prefix ?? '') : undefined
  if (place && place.bucket !== address)
    throw new LabError('invalid', `${home}: its blocks are in ${place.bucket}; name that with --bucket`)
  if (address === undefined) return folderStore(folder)
  if (!place && folder !== '' && (await readdir(folder).catch(() => [])).length > 0)
    throw new LabError('invalid', `${folder}: has blocks, which would not be found; move them to ${address} first`)
  const store = await s3Store(s3)
  await probeConditionalWrites(store, address)
  const id = place?.store ?? randomUUID()
  if (!place) await writePlace(home, { bucket: address, store: id })
  await claim(store, address, { store: id, host: hostname(), folder: resolve(home) })
  return store
}

async function readPlace(folder: string): Promise<z.infer<typeof placeSchema> | undefined> {
  const path = join(folder, placeName)
  const text = await readFile(path, 'utf8').catch(error => {
    if (error.code === 'ENOENT') return undefined
    throw systemError(path, error)
  })
  return text === undefined ? undefined : parse(placeSchema, text, path)
}

function writePlace(folder: string, place: z.infer<typeof placeSchema>): Promise<void> {
  return writeLocal(join(folder, placeName), sink => sink.write(Buffer.from(`${JSON.stringify(place)}\n`)))
}

/** Makes a bucket this store's; throws where it is another one's. */
async function claim(store: BlobStore, address: string, own: z.infer<typeof ownerSchema>): Promise<void> {
  for await (const { key } of store.list(clusterIdentityKey)) {
    const advice = `name another prefix, or delete ${address}/${key} if the cluster is gone for good`
    throw new LabError('invalid', `${address}: has the blocks of a cluster; ${advice}`)
  }
  const result = await putBytes(store, ownerKey, Buffer.from(`${JSON.stringify(own)}\n`), { ifAbsent: true })
  if (result === 'stored') return
  const path = `${address}/${ownerKey}`
  const owner = parse(ownerSchema, Buffer.from(await readObject(store, ownerKey)).toString(), path)
  if (owner.store === own.store) return
  const other = `the store in ${owner.folder} on ${owner.host}`
  throw new LabError(
    'invalid',
    `${address}: has the blocks of ${other}; name another prefix, or delete ${path} if that store is gone for good`,
  )
}

function parse<T>(schema: z.ZodType<T>, text: string, name: string): T {
  try {
    return schema.parse(JSON.parse(text))
  } catch (error) {
    throw new LabError('corrupt', `${name}: does not say whose the blocks are: ${text.slice(0, 40)}`, { cause: error })
  }
}
