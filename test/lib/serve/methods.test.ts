import type { HTTPMethods } from 'fastify'
import { afterAll, expect, test } from 'vitest'
import { memorySource } from '../../../lib/model/memory-source.ts'
import { routes } from '../../../lib/serve/api/routes.ts'
import { apiServer } from '../../../lib/serve/api/server.ts'
import { ServerMetrics } from '../../../lib/serve/metrics.ts'
import { otlpServer, zipkinServer } from '../../../lib/serve/receive/http.ts'

const receiving = { push: async () => ({ spanCount: 0, rejected: new Map() }), maxRequestBytes: 1 << 20 }
const api = apiServer({
  source: async () => memorySource([]),
  version: '1',
  revision: '',
  timeoutMillis: 10_000,
  maxBytes: 1e9,
  page: { html: '<p>', policy: '' },
  configText: 'a: b\n',
  metrics: new ServerMetrics('1'),
})
const servers = { api, otlp: otlpServer(receiving), zipkin: zipkinServer(receiving) }
afterAll(() => Promise.all(Object.values(servers).map(app => app.close())))

const all: HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE']
const asked = ['/', '/ready', '/api/echo', '/metrics', '/status/config', ...routes.map(({ path }) => path)]
const places = [
  ...asked.map(path => ['api', path, ['GET', 'HEAD']] as const),
  ['otlp', '/v1/traces', ['POST']] as const,
  ['zipkin', '/api/v2/spans', ['POST']] as const,
]

test.each(places)(
  '%s %s takes %j, and answers 405 to other methods, whatever their body',
  async (server, path, allowed) => {
    const url = path.replace(/:\w+/, 'abc')
    for (const method of all.filter(name => !allowed.some(one => one === name))) {
      const headers = method === 'POST' || method === 'PUT' ? { 'content-type': 'text/x-nothing' } : {}
      const { statusCode, headers: given, body } = await servers[server].inject({ method, url, headers })
      expect([method, statusCode, given.allow]).toEqual([method, 405, allowed.join(', ')])
      if (method !== 'HEAD') expect(body).toBe(`${method} ${url}: expected ${allowed.join(', ')}`)
    }
  },
)

test.each(asked)('HEAD %s answers as GET does, without a body', async path => {
  const url = `${path.replace(/:\w+/, 'abc')}?q=%7B%7D`
  const [get, head] = [await api.inject({ method: 'GET', url }), await api.inject({ method: 'HEAD', url })]
  expect([head.statusCode, head.headers['content-type'], head.body]).toEqual([
    get.statusCode,
    get.headers['content-type'],
    '',
  ])
})

test.each(Object.entries(servers))(
  '%s answers 404 in plain text to paths that it has not, for every method',
  async (_, app) => {
    for (const method of all) {
      const { statusCode, headers, body } = await app.inject({ method, url: `/nothing/${'x'.repeat(1_000)}` })
      expect([method, statusCode, headers['content-type']]).toEqual([method, 404, 'text/plain; charset=utf-8'])
      expect(body.length).toBeLessThan(100)
    }
  },
)
