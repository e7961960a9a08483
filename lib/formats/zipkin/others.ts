import type { Span } from '../../model/trace.ts'
import type { JsonReader } from '../../wire/json/reader.ts'

/** An object with `traceId` and `id` as it was read. */
interface Candidate {
  /** True for the members of a span that it has. */
  has: (name: string) => boolean
  /** The paths of the members that no span has. */
  drops: readonly string[]
  span: Pick<Span, 'kind' | 'events'>
}

const members = ['parentId', 'name', 'timestamp', 'debug', 'duration', 'kind', 'tags', 'shared', 'annotations']
const endpoints = ['localEndpoint', 'remoteEndpoint']
/** Version 1 has none of these. */
const newMembers = ['kind', 'tags', 'shared', ...endpoints]
const oldMembers = ['binaryAnnotations', 'annotations.endpoint']
/** By these version 1 says when the client and the server of a call begin and end. */
const oldAnnotations: ReadonlySet<string> = new Set(['cs', 'cr', 'sr', 'ss', 'ms', 'mr', 'ca', 'sa'])

/**
 * Refuses what is not a span of version 2 though it has the ids of one: spans of version 1, and objects of other tools,
 * such as log records. A span may lack everything but its ids by the specification; here it needs one member more, and
 * where it has members of another kind, one that hardly anything else has.
 */
export function refuseOthers(reader: JsonReader, { has, drops, span }: Candidate): void {
  const isOld =
    oldMembers.some(path => drops.includes(path)) || span.events.some(({ name }) => oldAnnotations.has(name))
  if (isOld && !newMembers.some(has))
    reader.fail('a span of Zipkin v1, of which only v2 is read; Zipkin gives it as v2 under /api/v2/trace/<id>')
  const names = [...members, ...endpoints]
  if (!names.some(has)) reader.fail('no span: it has ids, but neither a name nor a time nor anything else of one')
  const stranger = drops.find(path => !names.includes(path.split('.', 1)[0]!))
  const isSpan = span.kind !== 0 || [...endpoints, 'annotations'].some(has) || ['timestamp', 'duration'].every(has)
  if (stranger !== undefined && !isSpan)
    reader.fail(`no span: it has ${JSON.stringify(stranger)}, but no kind, endpoint, annotations or duration`)
}
