import type { BlobInfo, BlobStore } from '../../storage/store.ts'
import { clusterPrefix } from '../commits/commit.ts'

/** No key of the cluster's own sorts after it, and every key of a tenant that follows them does. */
const afterCluster = `${clusterPrefix}/~`

/** The objects of a cluster's tenants, without those that say what counts, of which there are many more. */
export async function* tenantObjects(store: BlobStore): AsyncIterable<BlobInfo> {
  for await (const object of store.list('')) {
    if (object.key.startsWith(`${clusterPrefix}/`)) break
    yield object
  }
  yield* store.list('', afterCluster)
}
