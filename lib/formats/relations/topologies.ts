import type { BodyReader } from './body.ts'
import { maxBlockSpans } from './limits.ts'
import { readLists } from './lists.ts'
import { readReferences } from './references.ts'
import { parentCode, parentRow } from './topology.ts'
import { planOfCodes, type Topology } from './trace-rows.ts'

/** The topology of each of `traceCount` traces, which have `spanCount` spans in all. */
export function readTopologies(body: BodyReader, nodeCount: number, traceCount: number, spanCount: number): Topology[] {
  const { places, length } = readReferences(body, 'traces', traceCount)
  const nodes = readLists(body, 'topologies', length, nodeCount, spanCount)
  const parents = readLists(body, 'parents', length, 2 * maxBlockSpans + parentCode.firstRow, spanCount)
  const items = nodes.map((own, i) => checkTopology(body, own, parents[i]!))
  const traces = Array.from(places, place => items[place]!)
  const found = traces.reduce((sum, topology) => sum + topology.nodes.length, 0)
  if (found !== spanCount) body.fail(`${spanCount} spans are expected, the topologies of the traces have ${found}`)
  return traces
}

function checkTopology(body: BodyReader, nodes: Uint32Array, parents: Uint32Array): Topology {
  const count = nodes.length
  if (count === 0 || parents.length !== count) body.fail(`a topology of ${count} spans and ${parents.length} parents`)
  parents.forEach((code, row) => {
    const parent = parentRow(code, row)
    if (code >= parentCode.firstRow && !(parent >= 0 && parent < count))
      body.fail(`row ${row} of ${count} has its parent in row ${parent}`)
  })
  return { nodes, parents, plan: planOfCodes(parents) }
}
