import { type EdgeLabel, Graph, type GraphLabel, layout, type NodeLabel, type Point } from '@dagrejs/dagre'

/** What the server answers; numbers that are 0 are left out. */
export interface Stats {
  count?: number
  errorShare?: number
  p50Nanos?: number
  p95Nanos?: number
}

export interface ServiceNode extends Stats {
  service?: string
  entryCount?: number
}

export interface ServiceCall extends Stats {
  caller?: string
  service?: string
}

export interface GraphFound {
  services: ServiceNode[]
  /** The commonest first. */
  calls: ServiceCall[]
  metrics: { inspectedSpans?: string; inspectedBytes?: string }
  message?: string
}

export interface Box {
  node: ServiceNode
  left: number
  top: number
}

export interface Line {
  call: ServiceCall
  /** Of an SVG path. */
  path: string
  /** Where there is room for its label: the middle of it. */
  label: Point
  /** 1 for the rarest calls to 5 for the commonest. */
  width: number
}

export interface GraphPicture {
  width: number
  height: number
  boxes: Box[]
  lines: Line[]
}

export const boxWidth = 160
export const boxHeight = 54
const labelSize = { width: 74, height: 42 }
/** A picture of more takes long to lay out, and nobody reads it. */
const maxLines = 100
const maxBoxes = 60

/** The commonest services and calls, laid out along the calls, from left to right or downwards. */
export function layOut({ services, calls }: GraphFound, direction: 'LR' | 'TB'): GraphPicture {
  const drawn = services.toSorted((a, b) => (b.count ?? 0) - (a.count ?? 0)).slice(0, maxBoxes)
  const ids = new Map(drawn.map(({ service = '' }, i) => [service, String(i)]))
  const lines = calls.filter(({ caller = '', service = '' }) => ids.has(caller) && ids.has(service)).slice(0, maxLines)
  const graph = new Graph<GraphLabel, NodeLabel, EdgeLabel>()
  graph.setGraph({ rankdir: direction, nodesep: 20, ranksep: 24, edgesep: 16, marginx: 8, marginy: 8 })
  for (const id of ids.values()) graph.setNode(id, { width: boxWidth, height: boxHeight })
  const endsOf = ({ caller = '', service = '' }: ServiceCall) => [ids.get(caller)!, ids.get(service)!] as const
  for (const call of lines) graph.setEdge(...endsOf(call), { ...labelSize, labelpos: 'c' })
  layout(graph)
  const { width = 0, height = 0 } = graph.graph()
  return {
    width,
    height,
    boxes: drawn.map((node, i) => {
      const { x, y } = graph.node(String(i))
      return { node, left: x! - boxWidth / 2, top: y! - boxHeight / 2 }
    }),
    lines: lines.map(call => {
      const { points, x, y } = graph.edge(...endsOf(call))
      return { call, path: pathOf(points!), label: { x: x!, y: y! }, width: widthOf(call, lines) }
    }),
  }
}

/** A smooth line through the middles of what lies between some points. */
function pathOf(points: readonly Point[]): string {
  const [first, ...rest] = points.map(({ x, y }) => ({ x: round(x), y: round(y) }))
  const last = rest.pop()!
  const curves = rest.map((point, i) => {
    const next = rest[i + 1]
    const end = next === undefined ? last : { x: round((point.x + next.x) / 2), y: round((point.y + next.y) / 2) }
    return `Q${point.x} ${point.y} ${end.x} ${end.y}`
  })
  return `M${first!.x} ${first!.y}${curves.length === 0 ? `L${last.x} ${last.y}` : curves.join('')}`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function widthOf({ count = 0 }: ServiceCall, lines: readonly ServiceCall[]): number {
  const most = Math.max(...lines.map(line => line.count ?? 0))
  return 1 + (4 * Math.log1p(count)) / Math.log1p(most)
}

/** Spans need not say of which service they are. */
export function serviceName(service = ''): string {
  return service === '' ? '(no name)' : service
}
