import type { AttributeScope } from '../../model/scan.ts'
import type { Version } from './meta.ts'

/** The columns of Tempo's blocks as data, by the names that they have in every version. */

/** Where the attributes of a scope are. */
export const prefixes: Readonly<Record<AttributeScope, string>> = {
  resource: 'rs.Resource',
  instrumentation: 'rs.ss.Scope',
  span: 'rs.ss.Spans',
  event: 'rs.ss.Spans.Events',
  link: 'rs.ss.Spans.Links',
}

/** The repeated fields, by how deep they lie; `trace` is the row itself. */
export const depthOf: Readonly<Record<'trace' | 'rs' | 'ss' | 'span' | 'event' | 'link', number>> = {
  trace: 0,
  rs: 1,
  ss: 2,
  span: 3,
  event: 4,
  link: 4,
}

/** How deep the owner of a scope's attributes lies. */
export const ownerDepths: Readonly<Record<AttributeScope, number>> = {
  resource: depthOf.rs,
  instrumentation: depthOf.ss,
  span: depthOf.span,
  event: depthOf.event,
  link: depthOf.link,
}

/** What a column holds: Parquet's type, by how many repeated fields it is reached, and whether a value may be absent. */
export interface ColumnType {
  readonly type: 'BYTE_ARRAY' | 'INT32' | 'INT64' | 'DOUBLE' | 'BOOLEAN'
  readonly depth: number
  readonly isOptional?: boolean
}

/** The columns without which a file is no block of either version. */
export const required: ReadonlyMap<string, ColumnType> = new Map([
  column('TraceID', 'BYTE_ARRAY', 0),
  column('rs.Resource.ServiceName', 'BYTE_ARRAY', 1),
  column('rs.ss.Scope.Name', 'BYTE_ARRAY', 2),
  column('rs.ss.Scope.Version', 'BYTE_ARRAY', 2),
  ...spanColumns('BYTE_ARRAY', 'SpanID', 'ParentSpanID', 'Name', 'TraceState', 'StatusMessage'),
  ...spanColumns('INT64', 'Kind', 'StartTimeUnixNano', 'DurationNano', 'StatusCode'),
  ...spanColumns('INT32', 'DroppedEventsCount', 'DroppedLinksCount'),
  column('rs.ss.Spans.Events.TimeSinceStartNano', 'INT64', 4),
  column('rs.ss.Spans.Events.Name', 'BYTE_ARRAY', 4),
  column('rs.ss.Spans.Links.TraceID', 'BYTE_ARRAY', 4),
  column('rs.ss.Spans.Links.SpanID', 'BYTE_ARRAY', 4),
  column('rs.ss.Spans.Links.TraceState', 'BYTE_ARRAY', 4),
  ...(Object.keys(prefixes) as AttributeScope[]).flatMap(attributeColumns),
])

/** Columns of generic attributes that an early form of vParquet4 has others in place of; no value of it is an array. */
export const optionalSuffixes: Readonly<Record<string, Omit<ColumnType, 'depth'> & { instead: string }>> = {
  IsArray: { type: 'BOOLEAN', instead: 'ValueType' },
  ValueUnsupported: { type: 'BYTE_ARRAY', isOptional: true, instead: 'ValueDropped' },
}

/** Attributes that have a column of their own in each block of a version: by scope, the column and the key. */
export const wellKnown: Readonly<
  Record<Version, Readonly<Partial<Record<AttributeScope, Readonly<Record<string, string>>>>>>
> = {
  vParquet4: {
    resource: {
      Cluster: 'cluster',
      Namespace: 'namespace',
      Pod: 'pod',
      Container: 'container',
      K8sClusterName: 'k8s.cluster.name',
      K8sNamespaceName: 'k8s.namespace.name',
      K8sPodName: 'k8s.pod.name',
      K8sContainerName: 'k8s.container.name',
    },
    span: { HttpMethod: 'http.method', HttpUrl: 'http.url', HttpStatusCode: 'http.status_code' },
  },
  vParquet5: {},
}

export const serviceName = { column: 'ServiceName', key: 'service.name' } as const

/** How many columns of a type the dedicated attributes of a scope have, and which scopes have any. */
export const dedicated: Readonly<Record<Version, { scopes: readonly AttributeScope[]; string: number; int: number }>> =
  {
    vParquet4: { scopes: ['resource', 'span'], string: 10, int: 0 },
    vParquet5: { scopes: ['resource', 'span', 'event'], string: 20, int: 5 },
  }

/** Seconds to whose multiples version 5 rounds starts. */
export const roundings = [15, 60, 300, 3600] as const

function column(name: string, type: ColumnType['type'], depth: number): [string, ColumnType] {
  return [name, { type, depth }]
}

function spanColumns(type: ColumnType['type'], ...names: string[]): [string, ColumnType][] {
  return names.map(name => column(`${prefixes.span}.${name}`, type, depthOf.span))
}

function attributeColumns(scope: AttributeScope): [string, ColumnType][] {
  const [prefix, depth] = [prefixes[scope], ownerDepths[scope] + 1]
  return [
    column(`${prefix}.DroppedAttributesCount`, 'INT32', depth - 1),
    column(`${prefix}.Attrs.Key`, 'BYTE_ARRAY', depth),
    column(`${prefix}.Attrs.Value`, 'BYTE_ARRAY', depth + 1),
    column(`${prefix}.Attrs.ValueInt`, 'INT64', depth + 1),
    column(`${prefix}.Attrs.ValueDouble`, 'DOUBLE', depth + 1),
    column(`${prefix}.Attrs.ValueBool`, 'BOOLEAN', depth + 1),
  ]
}
