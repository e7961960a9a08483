import { LabError } from '../error.ts'
import { Refusal } from './refusal.ts'

/** Who spans belong to where a request names nobody, as in Tempo. */
export const singleTenant = 'single-tenant'

export const tenantHeader = 'x-scope-orgid'

const maxLength = 150
const allowed = /^[A-Za-z0-9_!*'()][A-Za-z0-9_!*'().-]*$/

/** Whether requests name their tenant: `required` and `single` are Tempo's `multitenancy_enabled`, true and false. */
export type Tenancy = 'optional' | 'required' | 'single'

/** The tenant of a request by its header. */
export function tenantOf(header: string | undefined, tenancy: Tenancy = 'optional'): string {
  if (tenancy === 'single') return singleTenant
  if (header !== undefined && header !== '') return checkTenant(header)
  if (tenancy === 'optional') return singleTenant
  throw new Refusal('unauthenticated', 'no org id: the request has no header X-Scope-OrgID')
}

/** The tenants that are asked together: `a|b`. */
export function tenantsOf(header: string | undefined, tenancy?: Tenancy): string[] {
  return [...new Set((header ?? '').split('|').map(name => tenantOf(name, tenancy)))]
}

/** A name that may be a tenant's, by Tempo's rule, but for those that begin with a dot or a dash: it names a folder. */
export function checkTenant(name: string): string {
  if (name.length <= maxLength && allowed.test(name)) return name
  throw new LabError(
    'invalid',
    `X-Scope-OrgID ${JSON.stringify(name.slice(0, 40))}: a tenant is 1 to ${maxLength} of letters, digits and !-_.*'(), and begins with no dot or dash`,
  )
}
