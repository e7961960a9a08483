import { LabError } from '../../error.ts'
import type { ColumnName } from '../../model/scan.ts'
import type { Field, FieldExpression, IntrinsicName, KindName, StatusName } from './ast.ts'

/** What a field's values are beyond their stored type: ids ignore leading zeros, keywords compare with keywords only. */
export type Flavour = 'plain' | 'duration' | 'status' | 'kind' | 'id'

export const statusNames: readonly StatusName[] = ['unset', 'ok', 'error']
export const kindNames: readonly KindName[] = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']

/** The columns from which a field's value follows. */
export function columnsOfField(field: Field): readonly ColumnName[] {
  if (field.ofParent)
    throw new LabError('unsupported', `TraceQL: byte ${field.start}: the scope parent is not supported`)
  if (field.kind === 'intrinsic') return columnsOfIntrinsic(field.name)
  if (field.scope === 'any') return [`span.${field.name}`, `resource.${field.name}`]
  return [`${field.scope}.${field.name}`]
}

function columnsOfIntrinsic(name: IntrinsicName): readonly ColumnName[] {
  switch (name) {
    case 'trace:duration':
      return ['span:start', 'span:duration']
    case 'trace:rootName':
      return ['trace:root', 'span:name']
    case 'trace:rootService':
      return ['trace:root', 'resource.service.name']
    case 'event:timeSinceStart':
      return ['event:time', 'span:start']
    case 'span:childCount':
    case 'nestedSetLeft':
    case 'nestedSetRight':
    case 'nestedSetParent':
      return ['span:parent']
    default:
      return [name]
  }
}

/** Whether a span may have several values of a field: one of each of its events or links. */
export function isOfChildren(field: Field): boolean {
  return /^(event|link)/.test(field.kind === 'intrinsic' ? field.name : field.scope)
}

/** Whether a field's value follows from other spans of the trace. */
export function isDerived(field: Field): boolean {
  return field.kind === 'intrinsic' && /^(trace:[dr]|nestedSet|span:childCount)/.test(field.name)
}

export function flavourOf(field: Field): Flavour {
  if (field.kind === 'attribute') return 'plain'
  switch (field.name) {
    case 'span:duration':
    case 'trace:duration':
    case 'event:timeSinceStart':
      return 'duration'
    case 'span:status':
      return 'status'
    case 'span:kind':
      return 'kind'
    case 'span:id':
    case 'span:parentID':
    case 'trace:id':
    case 'link:traceID':
    case 'link:spanID':
      return 'id'
    default:
      return 'plain'
  }
}

/** The fields of an expression, from left to right, each as often as it occurs. */
export function fieldsOf(expression: FieldExpression): Field[] {
  const fields: Field[] = []
  const left: FieldExpression[] = [expression]
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    if (node.kind === 'attribute' || node.kind === 'intrinsic') fields.push(node)
    else if (node.kind === 'unary' || node.kind === 'membership') left.push(node.operand)
    else if (node.kind === 'binary') left.push(node.right, node.left)
  }
  return fields
}
