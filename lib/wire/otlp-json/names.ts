/** A field's name as protobuf declares it: `traceState` is `trace_state`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
}

/** The name in JSON of a field that protobuf declares: `resource_logs` is `resourceLogs`. */
export function camelCase(name: string): string {
  return name.replace(/_[a-z]/g, letter => letter.slice(1).toUpperCase())
}

const olderNames = new Map([
  ['scopeSpans', ['instrumentationLibrarySpans', 'instrumentation_library_spans']],
  ['scope', ['instrumentationLibrary', 'instrumentation_library']],
])

/** The other names that a field goes by: snake case, and those of older versions of OTLP. */
export function otherNames(name: string): readonly string[] {
  return [snakeCase(name), ...(olderNames.get(name) ?? [])]
}

/** The numbers of span kinds by name. */
export const spanKinds = namesOf('SPAN_KIND_', ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'])

/** The numbers of status codes by name. */
export const statusCodes = namesOf('STATUS_CODE_', ['UNSET', 'OK', 'ERROR'])

function namesOf(prefix: string, names: readonly string[]): ReadonlyMap<string, number> {
  return new Map(names.map((name, number) => [prefix + name, number]))
}
