import { keyOf, objectsByBlock } from '../../serve/blocks/blocks.ts'
import { compactedName, dataName, dataNameOf, metaName } from '../../serve/blocks/meta.ts'
import type { BlockLists, UncountedBlock } from '../../serve/status/blocks.ts'
import { blockData } from '../../storage/files.ts'
import type { BlobStore } from '../../storage/store.ts'
import { Chain } from '../commits/chain.ts'
import { clusterPrefix } from '../commits/commit.ts'
import type { State } from '../commits/state.ts'
import { type Leftover, leftoversOf } from './garbage.ts'
import { tenantObjects } from './keys.ts'

/** True of a store in which commits say what counts. */
export async function isCluster(store: BlobStore): Promise<boolean> {
  for await (const _ of store.list(`${clusterPrefix}/`)) return true
  return false
}

/** The blocks of a cluster: those that count, as its commits say, and what else there is, and why that does not. */
export async function listCluster(
  store: BlobStore,
  warn: (message: string) => void,
): Promise<BlockLists & { readonly uncounted: readonly UncountedBlock[] }> {
  const chain = await Chain.open(store)
  const before = chain.state
  const found = await objectsByBlock(tenantObjects(store))
  const state = await chain.refresh()
  for (const meta of before.blocks.values())
    if (state.blocks.has(meta.blockID) && !found.get(`${meta.tenantID}/${meta.blockID}`)?.has(dataNameOf(meta)))
      warn(`${keyOf(meta, dataNameOf(meta))}: is missing, and its spans count`)
  return {
    ...listsOf(state),
    uncounted: leftoversOf(found, before, state).map(leftover => uncountedOf(leftover, state)),
  }
}

/** The blocks that count. */
export function listsOf(state: State): BlockLists {
  return {
    tenants: () => state.tenants(),
    list: tenant => state.blocksOf(tenant).map(meta => ({ meta })),
    replaced: () => [],
  }
}

function uncountedOf({ tenantID, blockID, names }: Leftover, { discarded }: State): UncountedBlock {
  const bytes = names.get(dataName) ?? names.get(blockData) ?? 0
  return { tenant: tenantID, block: blockID, bytes, why: whyOf(names, discarded.has(blockID)) }
}

function whyOf(names: ReadonlyMap<string, number>, isDiscarded: boolean): string {
  if (names.has(metaName) || names.has(compactedName))
    return 'does not count: was replaced or deleted by a commit, and stays for queries that have begun'
  if (isDiscarded) return 'does not count: is discarded, and deleted next'
  return 'does not count: no commit has it; it is being written, or who wrote it died or was overtaken'
}
