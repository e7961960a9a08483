import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Range } from '../../bytes/range.ts'
import { clip, LabError } from '../../error.ts'
import { plain } from '../../serve/methods.ts'
import { checkTenant } from '../../serve/tenant.ts'
import type { LiveStore } from './live-store.ts'

/** Adds the routes by which queriers read a live store: its lists of pieces, and these by ranges. */
export function liveRoutes(app: FastifyInstance, store: LiveStore): void {
  app.get('/live/status', (_, reply) => reply.send(store.status()))
  app.get('/live/pieces', async (request, reply) => {
    const { searchParams } = new URL(request.url, 'http://localhost')
    const tenant = checkTenant(searchParams.get('tenant') ?? '')
    return reply.send(await store.answer(tenant, offsetOf(searchParams.get('from') ?? '')))
  })
  app.get('/live/tenants', (request, reply) => {
    const { searchParams } = new URL(request.url, 'http://localhost')
    return reply.send(store.tenants(offsetOf(searchParams.get('from') ?? '')))
  })
  app.get<{ Params: { id: string } }>('/live/pieces/:id', (request, reply) => sendPiece(store, request, reply))
}

function offsetOf(text: string): number {
  const offset = Number(text)
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(offset)) return offset
  throw new LabError('invalid', `from ${JSON.stringify(clip(text))}: expected an offset, the number of a record`)
}

async function sendPiece(
  store: LiveStore,
  { params: { id }, headers }: FastifyRequest<{ Params: { id: string } }>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const file = await store.openPiece(id)
  try {
    const { byteLength } = file
    reply.header('accept-ranges', 'bytes')
    const range = headers.range === undefined ? { start: 0, end: byteLength } : rangeOf(headers.range, byteLength)
    if (range === undefined) {
      reply.header('content-range', `bytes */${byteLength}`)
      return plain(reply, 416, `range ${clip(headers.range!)}: the piece has ${byteLength} bytes`)
    }
    const [bytes] = await file.read([range])
    if (headers.range !== undefined)
      reply.code(206).header('content-range', `bytes ${range.start}-${range.end - 1}/${byteLength}`)
    return reply.type('application/octet-stream').send(bytes)
  } finally {
    await file.close()
  }
}

/** The range of a header; undefined where the file does not have its first byte. */
function rangeOf(header: string, byteLength: number): Range | undefined {
  const [, first = '', last = ''] = /^bytes=(?=.*\d)(\d{0,15})-(\d{0,15})$/.exec(header) ?? []
  if (first === '' && last === '')
    throw new LabError('invalid', `range ${JSON.stringify(clip(header))}: expected one range, bytes=FIRST-LAST`)
  const range =
    first === ''
      ? { start: Math.max(0, byteLength - Number(last)), end: byteLength }
      : { start: Number(first), end: Math.min(byteLength, last === '' ? byteLength : Number(last) + 1) }
  return range.start < range.end ? range : undefined
}
