import { millisecond, type SetDraft, second, single } from './draft.ts'

/** Shapes of whole traces: chains, fans, several roots. */
export const trees: SetDraft = {
  traces: {
    chain: {
      a: { kind: 'server', attributes: { s: 'a' } },
      b: { parent: 'a', kind: 'client', attributes: { s: 'b' } },
      c: { parent: 'b', kind: 'server', status: 'error', attributes: { s: 'c' } },
      d: { parent: 'c', kind: 'internal', attributes: { s: 'd' } },
    },
    fan: {
      a: { kind: 'server', attributes: { s: 'a' } },
      b1: { parent: 'a', at: 1n * second, attributes: { s: 'b' } },
      b2: { parent: 'a', at: 2n * second, status: 'error', attributes: { s: 'b' } },
      c: { parent: 'a', at: 3n * second, attributes: { s: 'c' } },
      d: { parent: 'b2', at: 4n * second, attributes: { s: 'd' } },
    },
    roots: {
      r1: { attributes: { s: 'a' } },
      r2: { at: 1n * second, attributes: { s: 'b' } },
      k: { parent: 'r2', at: 2n * second, attributes: { s: 'c' } },
    },
    lone: { a: { attributes: { s: 'a' } } },
    repeat: {
      a: { attributes: { s: 'a' } },
      a2: { parent: 'a', at: 1n * second, attributes: { s: 'a' } },
      a3: { parent: 'a2', at: 2n * second, attributes: { s: 'a' } },
    },
    deep: Object.fromEntries(
      Array.from({ length: 12 }, (_, i) => [
        `d${i}`,
        { at: BigInt(i) * millisecond, attributes: { depth: BigInt(i) }, ...(i > 0 ? { parent: `d${i - 1}` } : {}) },
      ]),
    ),
  },
}

/** Traces that are not whole, beside one that is: an orphan, a span that is its own parent, a circle, shared ids. */
export const odd: SetDraft = {
  traces: {
    whole: {
      a: { attributes: { s: 'a' } },
      b: { parent: 'a', attributes: { s: 'b' } },
      c: { parent: 'b', attributes: { s: 'c' } },
    },
    orphan: {
      a: { parent: 'lost', attributes: { s: 'a' } },
      b: { parent: 'a', attributes: { s: 'b' } },
      c: { parent: 'b', attributes: { s: 'c' } },
    },
    self: { a: { parent: 'a', attributes: { s: 'self' } } },
    circle: {
      a: { parent: 'c', attributes: { s: 'a' } },
      b: { parent: 'a', attributes: { s: 'b' } },
      c: { parent: 'b', attributes: { s: 'c' } },
    },
    halves: {
      root: { kind: 'internal', attributes: { s: 'r' } },
      client: { parent: 'root', kind: 'client', at: 1n * second, attributes: { s: 'x' } },
      server: { parent: 'root', sharesId: 'client', kind: 'server', at: 2n * second, attributes: { s: 'y' } },
      inner: { parent: 'client', at: 3n * second, attributes: { s: 'z' } },
    },
  },
}

/** Spans with and without attributes, in traces of several: what is absent. */
export const gaps: SetDraft = {
  traces: {
    mixed: {
      with: { attributes: { a: 'x', n: 1n } },
      without: { parent: 'with' },
      other: { parent: 'with', attributes: { b: 'y' } },
      void: { parent: 'with', attributes: { a: null } },
    },
    all: { one: { attributes: { a: 'x', b: 'x' } }, two: { parent: 'one', attributes: { a: 'y', b: 'y' } } },
    none: { one: {}, two: { parent: 'one' } },
    named: single({ resource: { 'service.name': 'named', a: 'res' } }),
    unnamed: single({ resource: {} }),
    'text-nil': single({ attributes: { a: 'nil' } }),
    'empty-text': single({ attributes: { a: '' } }),
    falsy: single({ attributes: { a: false, n: 0n } }),
    events: single({ events: [{ name: 'e', attributes: { a: 'x' } }, { name: 'f' }] }),
    'full-events': single({ events: [{ name: 'e', attributes: { a: 'x' } }] }),
    links: single({ links: [{ to: 'named', attributes: { a: 'x' } }, { to: 'named' }] }),
  },
}

/** Events and links: several per span, with attributes, out of the span's time; and scopes. */
export const events: SetDraft = {
  traces: {
    one: single({ events: [{ name: 'exception', after: 5n, attributes: { message: 'boom', code: 1n } }] }),
    two: single({
      events: [
        { name: 'exception', after: 0n, attributes: { message: 'boom' } },
        { name: 'retry', after: second, attributes: { message: 'again', code: 2n } },
      ],
    }),
    early: single({ events: [{ name: 'queued', after: -second }] }),
    'no-name': single({ events: [{ name: '', attributes: { code: 3n } }] }),
    many: single({ events: Array.from({ length: 40 }, (_, i) => ({ name: `e${i}`, attributes: { i: BigInt(i) } })) }),
    linked: single({ links: [{ to: 'one', attributes: { why: 'retry' } }] }),
    'linked-twice': single({ links: [{ to: 'one' }, { to: 'two', attributes: { why: 'batch', n: 7n } }] }),
    pair: {
      a: { links: [{ to: 'pair/b' }] },
      b: { parent: 'a', events: [{ name: 'done' }] },
    },
    scoped: single({ scope: { name: 'otel.http', version: '1.2.3', attributes: { lang: 'js' } } }),
    versioned: single({ scope: { name: 'otel.db', version: '2.0.0' } }),
    plain: single({}),
  },
}

/** Numbers of several spans per trace, for aggregates; some lack them. */
export const numbers: SetDraft = {
  traces: {
    ints: { a: { attributes: { n: 1n } }, b: { attributes: { n: 2n } }, c: { attributes: { n: 6n } } },
    floats: { a: { attributes: { n: 0.5 } }, b: { attributes: { n: 2.5 } } },
    mixed: { a: { attributes: { n: 1n } }, b: { attributes: { n: 2.5 } } },
    some: { a: { attributes: { n: 4n } }, b: {}, c: { attributes: { n: 8n } } },
    texts: { a: { attributes: { n: '5' } }, b: { attributes: { n: 'x' } } },
    none: { a: {}, b: {}, c: {}, d: {} },
    negative: { a: { attributes: { n: -3n } }, b: { attributes: { n: 3n } } },
    zero: { a: { attributes: { n: 0n } } },
    slow: { a: { nanos: second }, b: { nanos: 3n * second } },
    groups: {
      a: { attributes: { g: 'x', n: 1n } },
      b: { attributes: { g: 'x', n: 3n } },
      c: { attributes: { g: 'y', n: 10n } },
      d: { attributes: { n: 20n } },
    },
  },
}

/** Roots and summaries of traces. */
export const roots: SetDraft = {
  traces: {
    usual: {
      root: { name: 'GET /', resource: { 'service.name': 'front' }, nanos: 2n * second },
      call: { parent: 'root', name: 'call', resource: { 'service.name': 'back' }, at: second, status: 'error' },
      more: { parent: 'call', name: 'query', resource: { 'service.name': 'back' }, at: second },
    },
    headless: {
      a: { parent: 'lost', name: 'a', resource: { 'service.name': 'back' } },
      b: { parent: 'a', name: 'b', resource: { 'service.name': 'back' } },
    },
    nameless: { root: { name: '', resource: {} } },
    short: { root: { name: 'short', nanos: 999_999n } },
    exact: { root: { name: 'exact', nanos: 1_500_000n } },
    wide: {
      root: { name: 'wide', at: 5n * second, nanos: second },
      before: { parent: 'root', at: 4n * second, nanos: millisecond },
      after: { parent: 'root', at: 9n * second, nanos: second },
    },
  },
}

/** Trace ids with zeros in front. */
export const ids: SetDraft = {
  traces: { plain: single({}), zero1: single({}), zero4: single({}), zero16: { a: {}, b: { parent: 'a' } } },
  zeros: { zero1: 1, zero4: 4, zero16: 16 },
}

/** A trace whose spans come in several requests, children first, and each twice. */
export const pieces: SetDraft = {
  traces: {
    late: {
      leaf: { parent: 'mid', at: 2n * second },
      mid: { parent: 'root', at: second },
      root: { at: 0n, nanos: 5n * second },
    },
    other: { b: { parent: 'a', at: second }, a: {} },
  },
  isInPieces: true,
}

/** Keys that repeat within a span, a resource, an event. */
export const repeats: SetDraft = {
  traces: {
    same: single({
      attributes: [
        ['k', 'x'],
        ['k', 'x'],
      ],
    }),
    texts: single({
      attributes: [
        ['k', 'x'],
        ['k', 'y'],
      ],
    }),
    types: single({
      attributes: [
        ['k', 1n],
        ['k', 'x'],
      ],
    }),
    once: single({ attributes: { k: 'x' } }),
  },
}
