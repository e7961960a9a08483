import { get } from './api.ts'
import { type Asked, useAsked } from './asked.ts'
import type { ResourceSpans } from './otlp-json.ts'
import { type Tree, treeOf } from './span-tree.ts'

/** Traces by their ids, all of them or what is wrong with one. */
export function useTraces(ids: readonly string[], tenant: string): Asked<Tree[]> {
  return useAsked(signal => Promise.all(ids.map(id => getTree(id, signal))), `${tenant} ${ids}`)
}

async function getTree(id: string, signal: AbortSignal): Promise<Tree> {
  const path = `api/v2/traces/${encodeURIComponent(id)}`
  const { trace } = await get<{ trace: { resourceSpans?: ResourceSpans[] } }>(path, {}, signal)
  const tree = treeOf(trace.resourceSpans ?? [])
  if (tree.rows.length === 0) throw new Error(`Trace ${id} is not here.`)
  return tree
}
