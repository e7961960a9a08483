import { LabError } from '../error.ts'

/** Who spans belong to where a request names nobody, as in Tempo. */
export const singleTenant = 'single-tenant'

export const tenantHeader = 'x-scope-orgid'

const maxLength = 150
const allowed = /^[A-Za-z0-9!\-_.*'()]+$/

/** The tenant of a request by its header. It names a folder: `.` and `..` are none. */
export function tenantOf(header: string | undefined): string {
  if (header === undefined || header === '') return singleTenant
  if (header.length <= maxLength && allowed.test(header) && header !== '.' && header !== '..') return header
  throw new LabError(
    'invalid',
    `X-Scope-OrgID ${JSON.stringify(header.slice(0, 40))}: a tenant is 1 to ${maxLength} of letters, digits and !-_.*'(), and neither . nor ..`,
  )
}

/** The tenants that are asked together: `a|b`. */
export function tenantsOf(header: string | undefined): string[] {
  return [...new Set((header ?? '').split('|').map(tenantOf))]
}
