import type { FastifyInstance } from 'fastify'
import { LabError } from '../../error.ts'
import { columnBytes } from '../../formats/blockpack/stored.ts'
import type { BlobStore } from '../../storage/store.ts'
import { keyOf } from '../blocks/blocks.ts'
import { type BlockMeta, dataName } from '../blocks/meta.ts'

/** Where the blocks are of which a server says what they store. */
export interface StoredBlocks {
  readonly store: BlobStore
  /** Undefined where no block that counts has the id. */
  find(tenant: string, block: string): BlockMeta | undefined
}

/** Adds the route that says what a block stores of each attribute. */
export function addBlockBytesRoute(app: FastifyInstance, { store, find }: StoredBlocks): void {
  app.get<{ Params: { tenant: string; block: string } }>('/status/blocks/:tenant/:block', async ({ params }) => {
    const { tenant, block } = params
    const meta = find(tenant, block)
    if (meta === undefined)
      throw new LabError('missing', `block ${JSON.stringify(block.slice(0, 40))}: is none of the tenant's that count`)
    const file = await store.open(keyOf(meta, dataName))
    try {
      return { tenant, block, spans: meta.totalSpans, bytes: file.byteLength, lines: await columnBytes(file) }
    } finally {
      await file.close()
    }
  })
}
