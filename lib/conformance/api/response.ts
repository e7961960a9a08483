/** What came back for a request. */
export interface Response {
  readonly status: number
  readonly contentType: string
  readonly body: Buffer
}

/** What asking led to. */
export type Outcome =
  | { readonly kind: 'answered'; readonly response: Response }
  | { readonly kind: 'slow' | 'dropped'; readonly reason: string }

/** A value of OTLP's JSON. */
export interface AnyValue {
  readonly stringValue?: string
  readonly intValue?: string | number
  readonly doubleValue?: number | string
  readonly boolValue?: boolean
  readonly bytesValue?: string
  readonly arrayValue?: { readonly values?: readonly AnyValue[] }
  readonly kvlistValue?: { readonly values?: readonly KeyedValue[] }
}

export interface KeyedValue {
  readonly key: string
  readonly value?: AnyValue
}

export interface FoundSpan {
  readonly spanID: string
  readonly startTimeUnixNano?: string | number
  readonly attributes?: readonly KeyedValue[]
}

export interface FoundTrace {
  readonly traceID: string
  readonly spanSet?: FoundSet
  readonly spanSets?: readonly FoundSet[]
}

export interface FoundSet {
  readonly spans?: readonly FoundSpan[]
  readonly matched?: number
  readonly attributes?: readonly KeyedValue[]
}

export interface FoundSeries {
  readonly labels?: readonly KeyedValue[]
  readonly samples?: readonly { readonly timestampMs: string | number; readonly value?: number | string }[]
  readonly exemplars?: readonly { readonly labels?: readonly KeyedValue[] }[]
  readonly value?: number
}

/** The members of the API's JSON answers that cases look at. */
export interface Found {
  readonly traces?: readonly FoundTrace[]
  readonly series?: readonly FoundSeries[]
  readonly scopes?: readonly { readonly name: string; readonly tags?: readonly string[] }[]
  readonly version?: string
  readonly tagNames?: readonly string[]
  /** Of version 2 without a member `value` where that is empty. */
  readonly tagValues?: readonly (string | { readonly type: string; readonly value?: string })[]
}

/** A value as cases write it: texts in quotes, doubles with a point. */
export function printValue({ stringValue, intValue, doubleValue, boolValue, arrayValue, ...other }: AnyValue): string {
  if (stringValue !== undefined) return JSON.stringify(stringValue)
  if (intValue !== undefined) return String(intValue)
  if (doubleValue !== undefined) return printDouble(Number(doubleValue))
  if (boolValue !== undefined) return String(boolValue)
  if (arrayValue !== undefined) return `[${(arrayValue.values ?? []).map(printValue).join(', ')}]`
  return JSON.stringify(other)
}

function printDouble(value: number): string {
  const text = String(value)
  return /^-?\d+$/.test(text) ? `${text}.0` : text
}

/** Labels and attributes as cases write them, sorted by key. */
export function printKeyed(values: readonly KeyedValue[] = []): string {
  return values
    .map(({ key, value = {} }) => `${key}=${printValue(value)}`)
    .sort()
    .join(', ')
}

/** Labels and attributes of a case in the order in which answers are printed. */
export function sortKeyed(text: string): string {
  return (text.match(/(?:"(?:[^"\\]|\\.)*"|\[[^\]]*\]|\([^)]*\)|[^,"[(])+/g) ?? [])
    .map(part => part.trim())
    .filter(part => part !== '')
    .sort()
    .join(', ')
}
