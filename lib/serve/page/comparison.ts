import type { Tree } from './span-tree.ts'
import { type TreeRow, treeRowsOf } from './tree-rows.ts'

/** What one of two traces has of the spans of a row: how many, how long they took together in ns, how many failed. */
export interface Side {
  count: number
  nanos: number
  failedCount: number
}

/** The spans of one service and name below spans that are compared likewise. */
export interface ComparedRow extends TreeRow {
  service: string
  name: string
  sides: readonly [Side, Side]
}

interface Node {
  service: string
  name: string
  sides: readonly [Side, Side]
  children: Map<string, Node>
}

/** Both traces in one tree by service and name, of siblings those first whose time differs most. */
export function compareTrees(first: Tree, second: Tree): ComparedRow[] {
  const root = newNode('', '')
  addTree(root, first, 0)
  addTree(root, second, 1)
  const placed: { node: Node; depth: number }[] = []
  const open = byDifference(root).map(node => ({ node, depth: 0 }))
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    placed.push(next)
    for (const node of byDifference(next.node)) open.push({ node, depth: next.depth + 1 })
  }
  const rows = treeRowsOf(placed.map(({ depth }) => depth))
  return placed.map(({ node: { service, name, sides } }, i) => ({ ...rows[i]!, service, name, sides }))
}

/** How much longer the second trace was with the spans of a row. */
export function differenceOf({ sides: [first, second] }: Pick<Node, 'sides'>): number {
  return second.nanos - first.nanos
}

function newNode(service: string, name: string): Node {
  const none = () => ({ count: 0, nanos: 0, failedCount: 0 })
  return { service, name, sides: [none(), none()], children: new Map() }
}

function addTree(root: Node, { rows }: Tree, which: 0 | 1): void {
  const nodes: Node[] = []
  for (const { parent, service, span, length, isFailed } of rows) {
    const node = childOf(nodes[parent] ?? root, service, span.name ?? '')
    const side = node.sides[which]
    side.count++
    side.nanos += length
    if (isFailed) side.failedCount++
    nodes.push(node)
  }
}

function childOf({ children }: Node, service: string, name: string): Node {
  const key = `${service.length} ${service}${name}`
  const known = children.get(key) ?? newNode(service, name)
  children.set(key, known)
  return known
}

/** The children of a node, the one that differs most last. */
function byDifference({ children }: Node): Node[] {
  return [...children.values()].sort(
    (a, b) =>
      Math.abs(differenceOf(a)) - Math.abs(differenceOf(b)) || order(b.service, a.service) || order(b.name, a.name),
  )
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
