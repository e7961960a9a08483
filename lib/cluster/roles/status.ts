import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { addBlockBytesRoute } from '../../serve/api/block-bytes-route.ts'
import { uptimeOf } from '../../serve/status/status.ts'
import type { Warnings } from '../../serve/status/store-status.ts'
import { tenantHeader } from '../../serve/tenant.ts'
import { printYaml } from '../../wire/yaml.ts'
import { blocksStatus, tenantsStatus } from './block-status.ts'
import { roleNames } from './config.ts'
import type { Lag } from './lag.ts'
import type { Role, RoleContext } from './role.ts'

export interface StatusParts {
  readonly roles: readonly Role[]
  readonly context: RoleContext
  readonly lag: Lag
  readonly warnings: Warnings
  readonly version: string
  notReady(): string | undefined
}

/** Adds the routes by which roles say how they are: YAML for people, JSON where it is accepted. */
export function addRoleStatus(
  app: FastifyInstance,
  { roles, context, lag, warnings, version, notReady }: StatusParts,
): void {
  const startedMillis = Date.now()
  app.get('/status', (request, reply) =>
    answer(request, reply, {
      ...uptimeOf(startedMillis),
      version,
      instance: context.config.instance,
      ready: notReady() ?? true,
      log: { ...context.log.identity },
      lastCommit: context.chain.state.number,
      roles: Object.fromEntries(roles.map(role => [role.name, role.facts()])),
      warningCount: warnings.count,
      warnings: warnings.last,
    }),
  )
  app.get('/status/ring', async (request, reply) => {
    const members = await Promise.all(roleNames.map(role => context.ring.members(role)))
    return answer(request, reply, members.flat())
  })
  app.get('/status/blocks', async (request, reply) => {
    const tenant = request.headers[tenantHeader]
    return answer(request, reply, await blocksStatus(context, tenant ? String(tenant) : undefined))
  })
  app.get('/status/tenants', async (request, reply) => answer(request, reply, await tenantsStatus(context)))
  const { store, chain } = context
  const find = (tenant: string, id: string) => {
    const meta = chain.state.blocks.get(id)
    return meta?.tenantID === tenant ? meta : undefined
  }
  addBlockBytesRoute(app, { store, find })
  app.get('/status/lag', async (request, reply) => answer(request, reply, [...(await lag.rows())]))
}

function answer(request: FastifyRequest, reply: FastifyReply, value: object): FastifyReply {
  reply.header('vary', 'Accept')
  if (request.headers.accept?.includes('application/json')) return reply.send(value)
  return reply.type('text/plain; charset=utf-8').send(printYaml(value))
}
