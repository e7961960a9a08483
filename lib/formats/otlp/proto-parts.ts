import type { ByteSink } from '../../bytes/range.ts'
import { ByteReader } from '../../bytes/reader.ts'
import { equalResources, Groups, type Shared } from '../../model/groups.ts'
import { spanCountOf, type Trace } from '../../model/trace.ts'
import { WireWriter } from '../../wire/protobuf/writer.ts'
import type { Parts } from '../format.ts'
import { SpanWriter, sharedAt, TracesWriter } from './proto-write.ts'

/**
 * Encoding in parts: what is written of some traces by one thread, to be joined by another one with what comes before
 * and after them. The bytes are those of one `TracesWriter` for all: spans with the resource of the first or of the last
 * one, which may share their ResourceSpans with others, are joined span by span; all between is whole.
 */
interface EncodedTraces {
  readonly first: readonly Run[]
  readonly whole: readonly Uint8Array[]
  readonly last: readonly Run[]
}

/** Spans of one resource and scope that follow each other, as fields. */
interface Run extends Shared {
  readonly spans: Uint8Array
}

interface Place {
  readonly trace: Trace
  readonly index: number
}

/** Encodes traces, part by part. */
class PartEncoder {
  readonly #wire = new WireWriter()
  readonly #spans = new SpanWriter(this.#wire)
  readonly #whole = new TracesWriter()

  encode(traces: readonly Trace[]): EncodedTraces {
    const places = traces.flatMap(trace => Array.from({ length: spanCountOf(trace) }, (_, index) => ({ trace, index })))
    const differs = (other: Place | undefined) => (place: Place) => !hasResourceOf(other!, place)
    const firstEnd = places.findIndex(differs(places[0]))
    if (firstEnd < 0) return { first: this.#runs(places), whole: [], last: [] }
    const lastStart = places.findLastIndex(differs(places.at(-1))) + 1
    const first = this.#runs(places.slice(0, firstEnd))
    for (const { trace, index } of places.slice(firstEnd, lastStart)) this.#whole.addSpan(trace, index)
    this.#whole.end()
    return { first, whole: this.#whole.take(), last: this.#runs(places.slice(lastStart)) }
  }

  #runs(places: readonly Place[]): Run[] {
    const groups = new Groups()
    const runs: Run[] = []
    let shared: Shared | undefined
    const end = () => {
      if (shared) runs.push({ resource: shared.resource, scope: shared.scope, spans: this.#wire.take() })
    }
    for (const { trace, index } of places) {
      const own = sharedAt(trace, index)
      if (groups.next(own) !== 'none') {
        end()
        shared = own
      }
      this.#spans.write(trace, index)
    }
    end()
    return runs
  }
}

function hasResourceOf(place: Place, other: Place): boolean {
  return equalResources(sharedAt(place.trace, place.index).resource, sharedAt(other.trace, other.index).resource)
}

/** Writes OTLP protobuf in parts: one TracesData message. */
export const protoParts: Parts<EncodedTraces> = {
  encoder: () => {
    const encoder = new PartEncoder()
    return traces => encoder.encode(traces)
  },
  write: writeParts,
}

async function writeParts(parts: AsyncIterable<EncodedTraces>, sink: ByteSink): Promise<void> {
  const writer = new TracesWriter()
  for await (const { first, whole, last } of parts) {
    addRuns(writer, first)
    if (whole.length > 0) writer.addWhole(whole)
    addRuns(writer, last)
    for (const chunk of writer.take()) await sink.write(chunk)
  }
  writer.end()
  for (const chunk of writer.take()) await sink.write(chunk)
}

function addRuns(writer: TracesWriter, runs: readonly Run[]): void {
  for (const { spans, ...shared } of runs) {
    const reader = new ByteReader(spans, 'spans', 0)
    for (let start = 0; start < spans.length; start = reader.position) {
      reader.varint()
      reader.take(reader.varint())
      writer.addField(shared, spans.subarray(start, reader.position))
    }
  }
}
