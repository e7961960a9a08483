import { naming } from '../error.ts'
import { openPageGroup } from '../formats/blockpack/query/received.ts'
import type { SharedInput, SpanBatch } from '../model/scan.ts'
import { weightedBatch } from '../sampling/weights.ts'
import type { Received } from '../workers/task.ts'
import { namedBatch } from './named-source.ts'
import { withoutTraces } from './without-traces.ts'

/** By format: what opens a batch of its files in a worker. */
const openers: Readonly<Record<string, (batch: never, file: never) => Promise<SpanBatch>>> = {
  blockpack: openPageGroup,
}

/** Opens a batch that another thread shares. */
export async function openShared(input: SharedInput, file: Received): Promise<SpanBatch> {
  const { format, batch, subject, leftOut = [], weights } = input
  const open = openers[format]!
  const opened = () => open(batch as never, file as never)
  const own = subject === undefined ? await opened() : namedBatch(await naming(subject, opened), subject)
  // Some traces remain: a batch of which all are left out is not shared.
  const given = (await withoutTraces(own, leftOut))!
  return weights === undefined ? given : weightedBatch(given, weights)
}
