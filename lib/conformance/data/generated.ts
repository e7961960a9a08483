import { millisecond, type SetDraft, type SpanDraft, second, single, type TraceDraft } from './draft.ts'

const services = ['front', 'cart', 'pay', 'mail']

/**
 * A shop under load: 240 requests within a minute, one each quarter of a second, of a front end and the services that it
 * calls, with nothing random: everything follows from the number of the request.
 */
export const shop: SetDraft = {
  traces: Object.fromEntries(Array.from({ length: 240 }, (_, i) => [`r${i}`, request(i)])),
}

function request(i: number): TraceDraft {
  const at = BigInt(i) * 250n * millisecond + 125n * millisecond
  const isBad = i % 20 === 7
  const calls = Array.from({ length: 1 + (i % 3) }, (_, j) => [services[1 + ((i + j) % 3)]!, j] as const)
  return {
    root: {
      at,
      nanos: BigInt(10 + (i % 5) * 10) * millisecond,
      name: i % 4 === 0 ? 'POST /buy' : 'GET /items',
      kind: 'server',
      ...(isBad ? { status: 'error', message: 'upstream' } : {}),
      resource: { 'service.name': 'front', region: i % 2 === 0 ? 'eu' : 'us' },
      attributes: { 'http.response.status_code': isBad ? 500n : 200n, user: `u${i % 12}`, size: BigInt(i % 8) * 100n },
    },
    ...Object.fromEntries(calls.map(([service, j]): [string, SpanDraft] => [`c${j}`, call(at, service, i, j)])),
  }
}

function call(at: bigint, service: string, i: number, j: number): SpanDraft {
  const isBad = i % 20 === 7 && j === 0
  return {
    parent: 'root',
    at: at + BigInt(j + 1) * millisecond,
    nanos: BigInt(1 + ((i + j) % 4)) * 2n * millisecond,
    name: `${service}.call`,
    kind: 'client',
    ...(isBad ? { status: 'error' } : {}),
    resource: { 'service.name': service },
    attributes: { retry: i % 10 === 0, cost: (i % 4) * 0.25, ...(service === 'pay' ? { amount: BigInt(i) } : {}) },
  }
}

/** Many of a kind: 300 traces of a span, a second each apart, and one of a thousand spans. */
export const many: SetDraft = {
  traces: {
    ...Object.fromEntries(
      Array.from({ length: 300 }, (_, i) => [
        `m${i}`,
        single({
          at: BigInt(i % 60) * second + BigInt(i),
          attributes: { i: BigInt(i), parity: i % 2 === 0 ? 'even' : 'odd' },
        }),
      ]),
    ),
    large: Object.fromEntries(
      Array.from({ length: 1000 }, (_, i): [string, SpanDraft] => [
        `l${i}`,
        {
          at: 90n * second + BigInt(i) * millisecond,
          attributes: { big: BigInt(i) },
          ...(i > 0 ? { parent: 'l0' } : {}),
        },
      ]),
    ),
  },
}

/** A span each ten seconds about the edges of intervals, and values for each aggregate over time. */
export const ticks: SetDraft = {
  traces: {
    t1: single({ at: 1n * second, nanos: millisecond, attributes: { n: 1n, g: 'x' } }),
    t5: single({ at: 5n * second, nanos: 4n * millisecond, attributes: { n: 4n, g: 'y' } }),
    t10: single({ at: 10n * second, nanos: 2n * millisecond, attributes: { n: 2n, g: 'x' } }),
    't10+': single({ at: 10n * second + 1n, nanos: 8n * millisecond, attributes: { n: 8n, g: 'x' } }),
    t15: single({ at: 15n * second, nanos: 16n * millisecond, attributes: { n: 0.5, g: 'x' } }),
    t35: single({ at: 35n * second, nanos: 32n * millisecond, status: 'error', attributes: { g: 'y' } }),
    t36: single({ at: 36n * second, nanos: 3n * millisecond, attributes: { n: 'text', g: 'y' } }),
    t50: single({ at: 50n * second, nanos: 64n * millisecond, status: 'error', attributes: { n: -2n } }),
    't60-': single({ at: 60n * second - 1n, nanos: 1024n * millisecond, attributes: { n: 100n, g: 'z' } }),
  },
}
