import type { Value } from '../../model/trace.ts'
import { microsecond, millisecond, type SetDraft, second, single, type TraceDraft } from './draft.ts'

/** By label a value of `span.v`: every type, the edges of each, and arrays. */
const valueByLabel: Readonly<Record<string, Value>> = {
  'str-a': 'a',
  'str-A': 'A',
  'str-b': 'b',
  'str-empty': '',
  'str-1': '1',
  'str-true': 'true',
  'str-nil': 'nil',
  'str-umlaut': 'Grüße',
  'str-emoji': '🚀x',
  'str-lines': 'one\ntwo',
  'str-quote': 'say "hi"',
  'str-backslash': 'c:\\temp',
  'str-long': 'long '.repeat(500),
  'int-0': 0n,
  'int-1': 1n,
  'int-2': 2n,
  'int--1': -1n,
  'int-max': 2n ** 63n - 1n,
  'int-min': -(2n ** 63n),
  'int-odd': 2n ** 53n + 1n,
  'float-0.5': 0.5,
  'float-1': 1,
  'float-1.5': 1.5,
  'float--2.5': -2.5,
  'float-big': 1e300,
  'float-even': 2 ** 53,
  yes: true,
  no: false,
}

/** A span for each value, with the type of it as `span.type`; one without it, and one whose value is OTLP's empty one. */
export const values: SetDraft = {
  traces: {
    ...spansWith(valueByLabel),
    absent: single({ attributes: { type: 'none' } }),
    empty: single({ attributes: { type: 'none', v: null } }),
    bytes: single({ attributes: { type: 'bytes', v: new Uint8Array([1, 2, 255]) } }),
    map: single({ attributes: { type: 'map', v: { entries: [{ key: 'inner', value: 1n }] } } }),
  },
}

/** A span for each array as `span.v`. */
export const arrays: SetDraft = {
  traces: {
    ab: single({ attributes: { v: ['a', 'b'] } }),
    b: single({ attributes: { v: ['b'] } }),
    cd: single({ attributes: { v: ['c', 'd'] } }),
    none: single({ attributes: { v: [] } }),
    'int-12': single({ attributes: { v: [1n, 2n] } }),
    'int-23': single({ attributes: { v: [2n, 3n] } }),
    float: single({ attributes: { v: [0.5, 2.5] } }),
    bool: single({ attributes: { v: [true, false] } }),
    'scalar-a': single({ attributes: { v: 'a' } }),
    'scalar-2': single({ attributes: { v: 2n } }),
    absent: single({}),
    resource: single({ resource: { 'service.name': 'svc', v: ['a', 'z'] } }),
  },
}

function spansWith(byLabel: Readonly<Record<string, Value>>): Record<string, TraceDraft> {
  return Object.fromEntries(
    Object.entries(byLabel).map(([label, v]) => [label, single({ attributes: { type: label.split('-')[0]!, v } })]),
  )
}

/** Attributes of one name in every scope, alone and several at once, the same and others. */
export const scopes: SetDraft = {
  traces: {
    span: single({ attributes: { x: 'own' } }),
    resource: single({ resource: { 'service.name': 'svc', x: 'res' } }),
    both: single({ attributes: { x: 'own' }, resource: { 'service.name': 'svc', x: 'res' } }),
    same: single({ attributes: { x: 'own' }, resource: { 'service.name': 'svc', x: 'own' } }),
    types: single({ attributes: { x: 1n }, resource: { 'service.name': 'svc', x: 'res' } }),
    event: single({ events: [{ name: 'e', attributes: { x: 'eve' } }] }),
    link: single({ links: [{ to: 'span', attributes: { x: 'lin' } }] }),
    scope: single({ scope: { name: 'lib', version: '1.0', attributes: { x: 'ins' } } }),
    nowhere: single({}),
    unnamed: single({ resource: {} }),
  },
}

/** Names that need quotes, that are words of the language, or that other names begin with. */
export const names: SetDraft = {
  traces: {
    blank: single({ attributes: { 'my attr': 'yes' } }),
    quote: single({ attributes: { 'say "x"': 'yes' } }),
    backslash: single({ attributes: { 'a\\b': 'yes' } }),
    braces: single({ attributes: { 'a{b}(c)': 'yes' } }),
    operators: single({ attributes: { 'a=b&&c|d': 'yes' } }),
    umlaut: single({ attributes: { größe: 3n } }),
    emoji: single({ attributes: { '🚀': 'yes' } }),
    words: single({ attributes: { duration: 'attribute', name: 'attribute', nil: 'attribute', true: 'attribute' } }),
    prefixes: single({ attributes: { a: 1n, 'a.b': 2n, 'a.b.c': 3n } }),
    scoped: single({ attributes: { 'span.x': 'inner', 'resource.y': 'inner' } }),
    dashes: single({ attributes: { 'http.request.header.x-id': '7', 'x:y/z@1': 'yes' } }),
    cases: single({ attributes: { Case: 'upper', case: 'lower' } }),
    'quoted-name': single({ name: 'GET "/a b"' }),
    'unicode-name': single({ name: 'größe 🚀' }),
    'empty-name': single({ name: '' }),
    'blank-resource': single({ resource: { 'service.name': 'my service', 'k8s pod': 'p 1' } }),
  },
}

/** All kinds with all statuses, one span each, and messages. */
export const keywords: SetDraft = {
  traces: {
    'unspecified-unset': single({ kind: 'unspecified' }),
    'internal-unset': single({ kind: 'internal' }),
    'internal-ok': single({ kind: 'internal', status: 'ok' }),
    'internal-error': single({ kind: 'internal', status: 'error', message: 'out of memory' }),
    'server-unset': single({ kind: 'server' }),
    'server-ok': single({ kind: 'server', status: 'ok' }),
    'server-error': single({ kind: 'server', status: 'error', message: 'timeout' }),
    'client-unset': single({ kind: 'client' }),
    'client-error': single({ kind: 'client', status: 'error', message: 'timeout after 5s' }),
    'producer-ok': single({ kind: 'producer', status: 'ok' }),
    'consumer-error': single({ kind: 'consumer', status: 'error' }),
    texts: single({ kind: 'internal', attributes: { status: 'error', kind: 'server', statusMessage: 'timeout' } }),
  },
}

/** Starts and durations at their edges; a trace of several spans whose own begins before and ends after each. */
export const times: SetDraft = {
  traces: {
    base: single({ at: 0n, nanos: 0n }),
    after: single({ at: 1n, nanos: 1n }),
    'before-10s': single({ at: 10n * second - 1n, nanos: microsecond }),
    'at-10s': single({ at: 10n * second, nanos: millisecond }),
    'after-10s': single({ at: 10n * second + 1n, nanos: second - 1n }),
    'second-long': single({ at: 20n * second, nanos: second }),
    'minute-long': single({ at: 30n * second, nanos: 60n * second }),
    'hour-long': single({ at: 40n * second, nanos: 3600n * second }),
    negative: single({ at: 50n * second, nanos: -second }),
    span3: {
      root: { at: 70n * second, nanos: 2n * second },
      early: { at: 69n * second, nanos: second, parent: 'root' },
      late: { at: 71n * second, nanos: 4n * second + 1n, parent: 'root' },
    },
  },
}
