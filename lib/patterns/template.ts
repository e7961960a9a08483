import { serviceOf } from '../model/service.ts'
import type { Span, Trace } from '../model/trace.ts'
import { type Above, nameTemplate, type Shape, ShapeHasher, statusClass } from './shapes.ts'

/** A span of a template. */
export interface TemplateNode {
  /** 0 for roots. */
  readonly depth: number
  readonly service: string
  /** With slots where URLs and SQL differ (texts.ts). */
  readonly name: string
  /** OTLP's number. */
  readonly kind: number
  /** 0 unset, 1 ok, 2 error, 3 any other code; 0 in tables without statuses. */
  readonly status: number
  /** Keys of its attributes, sorted. */
  readonly keys: readonly string[]
  readonly above: Above
}

/** A shape of traces. */
export interface Template {
  /** 16 hex digits: equal for equal shapes, in any process; `otherKey` for all that found the table full. */
  readonly key: string
  readonly spanCount: number
  /** Depth first, siblings by service, name, kind and status; of large ones the first `maxNodes`. */
  readonly nodes: readonly TemplateNode[]
}

/** What bounds the memory of a table: about 300 bytes a node. */
export const templateLimits = { templates: 1 << 16, nodes: 1 << 19, nodesOfOne: 1 << 10 } as const

export interface TemplateOptions {
  readonly templates: number
  readonly nodes: number
  /** Whether status classes tell templates apart. */
  readonly hasStatus: boolean
}

/** The key of the template that stands for every shape which is met when the table is full. It has no nodes. */
export const otherKey = 'other'

/** Shapes of traces, numbered in the order in which they are met. */
export class TemplateTable {
  readonly #hasher: ShapeHasher
  readonly #numbers = new Map<string, number>()
  readonly #templates: Template[] = []
  readonly #limits: Pick<TemplateOptions, 'templates' | 'nodes'>
  readonly #hasStatus: boolean
  #nodeCount = 0

  constructor(options: Partial<TemplateOptions> = {}) {
    this.#limits = { ...templateLimits, ...options }
    this.#hasStatus = options.hasStatus ?? true
    this.#hasher = new ShapeHasher(this.#hasStatus)
  }

  get size(): number {
    return this.#templates.length
  }

  /** The number of the trace's template. Once the table is full, all shapes that are new share the last number. */
  of(trace: Trace): number {
    const shape = this.#hasher.shapeOf(trace)
    return (
      this.#numbers.get(shape.key) ??
      (this.#isFull ? this.#other() : this.#add(templateOf(trace, shape, this.#hasStatus)))
    )
  }

  /** What it looks like, for people. */
  template(number: number): Template {
    return this.#templates[number]!
  }

  get #isFull(): boolean {
    return this.#numbers.size >= this.#limits.templates || this.#nodeCount >= this.#limits.nodes
  }

  #other(): number {
    return this.#numbers.get(otherKey) ?? this.#add({ key: otherKey, spanCount: 0, nodes: [] })
  }

  #add(template: Template): number {
    this.#nodeCount += template.nodes.length
    this.#numbers.set(template.key, this.#templates.length)
    return this.#templates.push(template) - 1
  }
}

function templateOf({ spans }: Trace, shape: Shape, hasStatus: boolean): Template {
  const { children, roots } = familiesOf(shape)
  const nodes: TemplateNode[] = []
  const waiting = inOrder(roots, spans, shape).map(row => ({ row, depth: 0 }))
  for (let next = waiting.pop(); next && nodes.length < templateLimits.nodesOfOne; next = waiting.pop()) {
    const { row, depth } = next
    nodes.push(nodeOf(spans[row]!, depth, shape.above[row]!, hasStatus))
    for (const child of inOrder(children[row]!, spans, shape)) waiting.push({ row: child, depth: depth + 1 })
  }
  return { key: shape.key, spanCount: spans.length, nodes }
}

function familiesOf({ parents, above }: Shape): { children: number[][]; roots: number[] } {
  const children: number[][] = above.map(() => [])
  const roots: number[] = []
  for (const [row, is] of above.entries()) (is === 'parent' ? children[parents[row]!]! : roots).push(row)
  return { children, roots }
}

function nodeOf(span: Span, depth: number, above: Above, hasStatus: boolean): TemplateNode {
  return {
    depth,
    service: serviceOf(span.resource),
    name: nameTemplate(span),
    kind: span.kind,
    status: hasStatus ? statusClass(span) : 0,
    keys: span.attributes.map(({ key }) => key).sort(),
    above,
  }
}

/** Siblings in an order that depends on nothing but what they are; the last first, as they are taken off a stack. */
function inOrder(rows: readonly number[], spans: readonly Span[], { subtrees }: Shape): number[] {
  if (rows.length < 2) return [...rows]
  const ranked = rows.map(row => ({ row, rank: rankOf(spans[row]!), low: subtrees[row * 2]! }))
  return ranked.sort((a, b) => (a.rank === b.rank ? b.low - a.low : a.rank < b.rank ? 1 : -1)).map(({ row }) => row)
}

function rankOf(span: Span): string {
  return [serviceOf(span.resource), nameTemplate(span), span.kind, statusClass(span)].join('\0')
}
