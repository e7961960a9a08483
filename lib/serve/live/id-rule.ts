/** What of the ids of a span tells whether they are OpenTelemetry's: how many bytes they have, and which are all zero. */
export interface IdShapes {
  readonly traceBytes: number
  readonly isTraceZero: boolean
  readonly spanBytes: number
  readonly isSpanZero: boolean
  readonly parentBytes: number
}

/** Why the ids of a span are not those of OpenTelemetry, 16 and 8 bytes that are not all zero; undefined where they are. */
export function refuseIds({
  traceBytes,
  isTraceZero,
  spanBytes,
  isSpanZero,
  parentBytes,
}: IdShapes): string | undefined {
  if (traceBytes !== 16) return `trace id of ${traceBytes} bytes, expected 16`
  if (isTraceZero) return 'trace id of zeros'
  if (spanBytes !== 8) return `span id of ${spanBytes} bytes, expected 8`
  if (isSpanZero) return 'span id of zeros'
  return parentBytes === 0 || parentBytes === 8 ? undefined : `parent span id of ${parentBytes} bytes, expected 8`
}
