import { timeExtent } from '../../../traceql/engine/time-extent.ts'
import { one, schemaOf } from '../message.ts'
import { message, type Route } from '../route.ts'

const extentResponse = schemaOf({ startTimeUnixNano: one(1, 'varint'), endTimeUnixNano: one(2, 'varint') })

/** When the first and the last span start; empty where there are none. */
export const extent: Route = {
  path: '/status/extent',
  async answer({ source, limits }) {
    const found = await timeExtent(source, limits)
    const times = found && { startTimeUnixNano: String(found.firstNanos), endTimeUnixNano: String(found.lastNanos) }
    return message(extentResponse, times ?? {})
  },
}
