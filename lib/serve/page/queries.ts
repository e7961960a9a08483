/** TraceQL for what is shown. */

export function serviceQuery(service: string, condition = ''): string {
  return `{ ${and(isOf(service), condition)} }`
}

/** The spans that are calls of a service by another one. */
export function callQuery(caller: string, service: string, condition = ''): string {
  return `{ ${isOf(caller)} } > { ${and(isOf(service), condition)} }`
}

function and(...conditions: readonly string[]): string {
  return conditions.filter(condition => condition !== '').join(' && ')
}

/** A name is empty where spans have none, too, which TraceQL does not let one ask of this field by `= nil`. */
function isOf(service: string): string {
  const name = 'resource.service.name'
  return service === '' ? `(!(${name} != nil) || ${name} = "")` : `${name} = ${JSON.stringify(service)}`
}

const hints = /\s+with\s*\([^()]*\)\s*$/

/** The spans that a query is about, without what it computes of them. */
export function filterOf(query: string): string {
  const metric = /\|\s*(?:rate|compare|\w+_over_time)\s*\(/.exec(query)
  return (metric === null ? query : query.slice(0, metric.index)).replace(hints, '').trim()
}

export function histogramQuery(query: string): string {
  return `${filterOf(query)} | histogram_over_time(duration)`
}

const oneFilter = /^\{((?:[^{}"`/]|"(?:[^"\\]|\\.)*"|`[^`]*`)*)\}$/

/** Of the spans of a query those that take longer than `low`, and no longer than `high`. */
export function durationQuery(query: string, low: bigint, high: bigint | undefined): string {
  const condition = and(`duration > ${low}ns`, high === undefined ? '' : `duration <= ${high}ns`)
  const filter = filterOf(query)
  const [, inner] = oneFilter.exec(filter) ?? []
  // What cannot be told without a parser is filtered once more.
  if (inner === undefined) return `${filter} | { ${condition} }`
  const own = inner.trim()
  return `{ ${and(own.includes('||') ? `(${own})` : own, condition)} }`
}
