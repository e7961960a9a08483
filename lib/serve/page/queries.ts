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
